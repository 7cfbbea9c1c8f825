//! The command line.

fn main() -> std::process::ExitCode {
    zollverein::cli::main()
}
