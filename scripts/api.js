// The API reports, spec/package/api/*.api.md: the declarations of each entry point, as a user's compiler sees them in dist/.
//   npm run api                  builds, and writes the reports: a change of the API is then a difference to review and commit
//   node scripts/api.js --check  prints how the API differs from the reports, and fails if it does; spec/package/api.spec.ts runs it
const { CompilerState, Extractor, ExtractorConfig } = require('@microsoft/api-extractor');
const { mkdirSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('./build');

const root = join(__dirname, '..');
const entryPoints = {
  'rxjs-tcp': { file: 'index.d.ts', includeForgottenExports: true },
  // It names many types that the other entry point exports: they have their place there.
  'rxjs-tcp-testing': { file: 'testing/index.d.ts', includeForgottenExports: false },
  'rxjs-tcp-wiretap': { file: 'wiretap/index.d.ts', includeForgottenExports: false },
};
/** It says nothing about comments and release tags. */
const silent = { default: { logLevel: 'none' } };

function configOf(name) {
  const { file, includeForgottenExports } = entryPoints[name];
  const reportFolder = join(root, 'spec/package/api');
  const reportTempFolder = join(root, 'build/api');
  for (const folder of [reportFolder, reportTempFolder]) mkdirSync(folder, { recursive: true });
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, 'dist', file),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json'), skipLibCheck: true },
      apiReport: { enabled: true, reportFileName: name, reportFolder, reportTempFolder, includeForgottenExports },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
}

/** Compares the reports with dist/, and writes them if `update` is true. Returns the names of those that differ. */
function reportApi(update) {
  const names = Object.keys(entryPoints);
  const configs = names.map(configOf);
  const additionalEntryPoints = configs.map((config) => config.mainEntryPointFilePath);
  const compilerState = CompilerState.create(configs[0], { additionalEntryPoints });
  return names.filter((name, i) => {
    const { apiReportChanged, errorCount } = Extractor.invoke(configs[i], {
      compilerState,
      localBuild: update,
      printApiReportDiff: !update,
      messageCallback: (message) => {
        // Of its own words the difference is enough.
        if (message.category === 'console' && message.messageId !== 'console-api-report-diff')
          message.logLevel = 'none';
      },
    });
    if (errorCount > 0) throw new Error(`Cannot report the API of ${name}: ${errorCount} errors`);
    return apiReportChanged;
  });
}

function main(update) {
  // A check is of the dist/ that is there.
  if (update && !build('dist')) return 1;
  const changed = reportApi(update);
  if (update) console.log(changed.length > 0 ? `Updated: ${changed.join(', ')}` : 'The reports are up to date');
  if (update || changed.length === 0) return 0;
  console.error(
    `The API of ${changed.join(' and ')} is not as reported: if it should be, run \`npm run api\` and commit`,
  );
  return 1;
}

process.exitCode = main(!process.argv.includes('--check'));
