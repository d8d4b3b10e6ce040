-- What clients read of desk. Run with the search path on the versioned schema to show, in one
-- transaction, so that readers see one version or the other. New tables are added to both lists.
DROP VIEW IF EXISTS
    api.user_profile,
    api.policy,
    api.recommendation_run,
    api.recommendation_item,
    api.audit_log;

CREATE VIEW api.user_profile AS SELECT * FROM user_profile;
CREATE VIEW api.policy AS SELECT * FROM policy;
CREATE VIEW api.recommendation_run AS SELECT * FROM recommendation_run;
CREATE VIEW api.recommendation_item AS SELECT * FROM recommendation_item;
CREATE VIEW api.audit_log AS SELECT * FROM audit_log;
