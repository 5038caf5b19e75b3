// Serves the files of the single-page app. Any web server can: it knows nothing of the login.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const { ISSUER, CLIENT_ID, PORT = '3999' } = process.env;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const library = (name) => fileURLToPath(import.meta.resolve(name));

const FILES = {
  '/': ['text/html', here('index.html')],
  '/callback': ['text/html', here('index.html')],
  '/app.js': ['text/javascript', here('app.js')],
  '/lib/oidc-client-ts.js': ['text/javascript', library('oidc-client-ts')],
  '/lib/jwt-decode.js': ['text/javascript', library('jwt-decode')],
};

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/config.json') {
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify({ issuer: ISSUER, clientId: CLIENT_ID }));
  }
  const [type, file] = FILES[pathname] ?? [];
  if (!file) return response.writeHead(404).end();
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  return response.end(await readFile(file));
}).listen(Number(PORT), 'localhost', () => console.log(`Open http://localhost:${PORT}`));
