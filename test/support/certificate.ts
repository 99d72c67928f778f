import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** A certificate for `localhost` that vouches for itself, and its key. */
export interface Certificate {
  /** In PEM. */
  readonly cert: string;
  readonly key: string;
  /** The files, for programs that are told what to trust. */
  readonly certPath: string;
  readonly keyPath: string;
}

/** Makes one in `folder`, which is made too. Node itself can make keys, but no certificates. */
export function makeCertificate(folder: string): Certificate {
  mkdirSync(folder, { recursive: true });
  const certPath = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=Wheelstore tests', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...names, '-keyout', keyPath, '-out', certPath], { stdio: 'pipe' });
  return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8'), certPath, keyPath };
}

/** Whether tests that need a certificate are skipped: where openssl is missing, unless nothing may be. */
export function isCertificateMissing(): boolean {
  const isThere = spawnSync('openssl', ['version']).status === 0;
  return !isThere && process.env['WHEELSTORE_TEST_REQUIRE'] !== 'all';
}
