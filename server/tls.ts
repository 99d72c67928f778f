import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { WheelstoreError } from '../core/errors.ts';

/** What a server proves its name with, both in PEM. */
export interface TlsIdentity {
  /** The certificate, and after it those between it and its root. */
  readonly cert: string | Uint8Array;
  /** The private key, not encrypted. */
  readonly key: string | Uint8Array;
}

function refuse(what: string, fix: string, cause?: unknown): WheelstoreError {
  return new WheelstoreError('cannot-listen', `TLS is not possible: ${what}`, { fix, cause });
}

function readCertificate(cert: TlsIdentity['cert']): X509Certificate {
  try {
    const text = Buffer.from(cert).toString('latin1');
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('There is no PEM block');
    return new X509Certificate(text);
  } catch (cause) {
    throw refuse(
      'the certificate cannot be read',
      'Give a certificate in PEM: "-----BEGIN CERTIFICATE-----".',
      cause,
    );
  }
}

function readKey(key: TlsIdentity['key']): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(key), format: 'pem' });
  } catch (cause) {
    throw refuse(
      'the private key cannot be read',
      'Give a private key in PEM that has no passphrase.',
      cause,
    );
  }
}

/**
 * Refuses what a server could start with but never serve.
 *
 * @throws {WheelstoreError} `cannot-listen`, naming the part that is wrong
 */
export function checkTlsIdentity({ cert, key }: TlsIdentity): void {
  if (!readCertificate(cert).checkPrivateKey(readKey(key))) {
    throw refuse(
      'the private key does not belong to the certificate',
      'Give the key that the certificate was made with; its own certificate comes first in a chain.',
    );
  }
}
