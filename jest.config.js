/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Nothing else: the packages of the matrix and of the benches are many thousand files.
  roots: ['<rootDir>/src', '<rootDir>/spec'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  setupFiles: ['<rootDir>/spec/support/keepChannels.js'],
  // Transpile only: `npm run types` checks the types, once, for the whole project.
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
  // The library's own name is its source, except in spec/package, whose child processes load the built package.
  moduleNameMapper: {
    '^rxjs-tcp$': '<rootDir>/src/index.ts',
    '^rxjs-tcp/testing$': '<rootDir>/src/testing/index.ts',
    '^rxjs-tcp/wiretap$': '<rootDir>/src/wiretap/index.ts',
  },
  // Jest leaves one core idle by default: half of the time, on two cores.
  maxWorkers: '100%',
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/'],
};
