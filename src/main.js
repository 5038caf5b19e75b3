// The entry point: refuses a Node that is too old, and goes on in begin.js. An old Node must be able to read this file, so it has no static import of
// anything new, and does not await.
// oxlint-disable-next-line no-unassigned-import
import './needs-node.cjs';

void import('./begin.js');
