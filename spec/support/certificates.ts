import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The path of the self-signed certificate of `localhost`, 127.0.0.1 and ::1, valid until 2120, for programs that need a
 * file.
 */
export const CERT_FILE = join(__dirname, 'localhost.cert.pem');
/** Its key, which protects nothing. */
export const KEY_FILE = join(__dirname, 'localhost.key.pem');

/** The options of a TLS server. */
export const SERVER_TLS = { cert: readFileSync(CERT_FILE), key: readFileSync(KEY_FILE) };
/** The options with which a TLS client trusts that server. */
export const CLIENT_TLS = { ca: SERVER_TLS.cert, servername: 'localhost' };
