//! The `vhdxray` command. Everything it does stands in [`vhdxray::cli`].

fn main() -> std::process::ExitCode {
    vhdxray::cli::main()
}
