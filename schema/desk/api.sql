-- What clients read of desk. Run with the search path on the versioned schema to show, in one
-- transaction, so that readers see one version or the other.
CREATE OR REPLACE VIEW api.user_profile AS SELECT * FROM user_profile;
CREATE OR REPLACE VIEW api.policy AS SELECT * FROM policy;
CREATE OR REPLACE VIEW api.recommendation_run AS SELECT * FROM recommendation_run;
CREATE OR REPLACE VIEW api.recommendation_item AS SELECT * FROM recommendation_item;
