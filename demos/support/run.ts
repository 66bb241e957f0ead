/** Runs a demo with the arguments of the command line; what it fails with is one line and exit code 1. */
export function run(main: (log: (line: string) => void, ...args: string[]) => Promise<void>): void {
  main(console.log, ...process.argv.slice(2)).catch((error: unknown) => {
    console.error(`${error}`);
    process.exitCode = 1;
  });
}
