"""Only the hidden suites are tests here: stubs are unwritten and hostile submissions must never be imported."""

collect_ignore = ["exercises", "solutions", "cases", "bases"]
