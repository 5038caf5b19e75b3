// The entry point: refuses a Node that is too old, and goes on in begin.js. An old Node must be able to read this file, so it has no static import of
// anything new, and does not await.
import './needs-node.cjs';

import('./begin.js');
