import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** A certificate that vouches for itself, and its key. */
export interface Certificate {
  /** In PEM. */
  readonly cert: string;
  readonly key: string;
  /** The files, for programs that are told what to trust. */
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * Makes one in `folder`, which is made too. Node itself can make keys, but no certificates.
 *
 * @param names as the certificate has them
 */
export function makeCertificate(folder: string, names = 'DNS:localhost', days = 2): Certificate {
  mkdirSync(folder, { recursive: true });
  const certPath = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', String(days)];
  const whose = ['-subj', '/CN=Wheelstore tests', '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', [...request, ...whose, '-keyout', keyPath, '-out', certPath], { stdio: 'pipe' });
  return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8'), certPath, keyPath };
}

/** Whether tests that need a certificate are skipped: where openssl is missing, unless nothing may be. */
export function isCertificateMissing(): boolean {
  const isThere = spawnSync('openssl', ['version']).status === 0;
  return !isThere && process.env['WHEELSTORE_TEST_REQUIRE'] !== 'all';
}
