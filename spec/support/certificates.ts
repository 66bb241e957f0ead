import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the self-signed certificate of `localhost`, 127.0.0.1 and ::1 is, valid until 2120, for programs that want a file. */
export const CERT_FILE = join(__dirname, 'localhost.cert.pem');
/** Its key, which protects nothing. */
export const KEY_FILE = join(__dirname, 'localhost.key.pem');

/** What a TLS server is given. */
export const SERVER_TLS = { cert: readFileSync(CERT_FILE), key: readFileSync(KEY_FILE) };
/** What a TLS client is given to trust it. */
export const CLIENT_TLS = { ca: SERVER_TLS.cert, servername: 'localhost' };
