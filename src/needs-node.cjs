// Ends the process with a sentence if Node is too old to read the program. Otherwise Node would report an error in the syntax of the first file that it
// cannot read. This file is CommonJS of 2015, which every Node can run.
'use strict';

const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    'The common ID needs Node.js ' +
      NEEDED +
      ' or newer, and this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '). Install Node.js ' +
      NEEDED +
      ': docs/production.md says how. For development, npm install brings it.\n',
  );
  process.exit(1);
}
