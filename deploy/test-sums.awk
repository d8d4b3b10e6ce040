# What became of every test, from what `cargo test -- --show-output` said.
/^test result: / { passed += $4; failed += $6; ignored += $8 }
/^skipped: / { skipped += 1; reasons[substr($0, 10)] += 1 }
END {
    printf "%d passed, %d failed, %d skipped\n", passed - skipped, failed, skipped + ignored
    for (reason in reasons) printf "  skipped %d: %s\n", reasons[reason], reason
}
