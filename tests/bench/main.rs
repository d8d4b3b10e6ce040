//! `make bench`; what it does stands in the library, where its pure parts are tested.

fn main() -> std::process::ExitCode {
    jmip_tests::bench::main()
}
