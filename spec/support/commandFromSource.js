// The command `rxjs-tcp` from its source, for a separate process.
require('./fromSource');
require('../../src/wiretap/cli/main.ts').main('0.0.0');
