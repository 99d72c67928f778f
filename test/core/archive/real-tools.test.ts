import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectSdistTarGz, inspectSdistZip } from '../../../core/archive/sdist.ts';
import { inspectWheel } from '../../../core/archive/wheel.ts';
import { bytesInMemory } from '../../../core/bytes.ts';
import { buildSdist, buildWheel } from '../../support/distributions.ts';
import { describeWithPython, findPython } from '../../support/python.ts';

const python = findPython()?.python;

function runPython(script: string, ...args: readonly string[]): string {
  const run = spawnSync(python ?? 'python3', ['-c', script, ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`python3 failed: ${run.error?.message ?? run.stderr}`);
  return run.stdout;
}

const LONG = `${'深い/'.repeat(30)}名前.txt`;

/** Writes the same sdist in every way that the standard library knows. */
const WRITE = `
import io, os, sys, tarfile, zipfile
folder = sys.argv[1]
members = {
    'foo-1.0/PKG-INFO': b'Name: foo\\n',
    'foo-1.0/empty': b'',
    'foo-1.0/data.bin': os.urandom(300000) + bytes(300000),
    'foo-1.0/${LONG}': b'long',
}

def write_tar(name, mode, tar_format, members):
    with tarfile.open(os.path.join(folder, name), mode, format=tar_format) as tar:
        top = tarfile.TarInfo('foo-1.0')
        top.type = tarfile.DIRTYPE
        tar.addfile(top)
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            info.mtime = 1234567890.5
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo('foo-1.0/link')
        link.type = tarfile.SYMTYPE
        link.linkname = 'PKG-INFO'
        tar.addfile(link)
        hard = tarfile.TarInfo('foo-1.0/hard')
        hard.type = tarfile.LNKTYPE
        hard.linkname = 'foo-1.0/PKG-INFO'
        tar.addfile(hard)

for name, tar_format in [('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)]:
    write_tar(name + '.tar.gz', 'w:gz', tar_format, members)
    write_tar(name + '-stream.tar.gz', 'w|gz', tar_format, members)
short = dict(members)
short['foo-1.0/' + 'a' * 80 + '/' + 'b' * 90] = short.pop('foo-1.0/${LONG}')
write_tar('ustar.tar.gz', 'w:gz', tarfile.USTAR_FORMAT, short)

class Unseekable(io.RawIOBase):
    def __init__(self, file):
        self.file = file
    def writable(self):
        return True
    def write(self, data):
        return self.file.write(data)

def write_zip(name, method=zipfile.ZIP_DEFLATED, seekable=True, zip64=False, comment=b''):
    with open(os.path.join(folder, name), 'wb') as file:
        target = file if seekable else Unseekable(file)
        with zipfile.ZipFile(target, 'w', method) as archive:
            archive.comment = comment
            archive.writestr(zipfile.ZipInfo('foo-1.0/'), b'')
            for path, content in members.items():
                info = zipfile.ZipInfo(path)
                info.compress_type = method
                with archive.open(info, 'w', force_zip64=zip64) as member:
                    member.write(content)

write_zip('deflated.zip')
write_zip('stored.zip', zipfile.ZIP_STORED)
write_zip('comment.zip', comment=b'a comment')
write_zip('zip64.zip', zip64=True)
write_zip('streamed.zip', seekable=False)
write_zip('streamed-stored.zip', zipfile.ZIP_STORED, seekable=False)
write_zip('streamed-zip64.zip', seekable=False, zip64=True)
zipfile.ZIP64_LIMIT = 1000
zipfile.ZIP_FILECOUNT_LIMIT = 2
write_zip('zip64-directory.zip', zip64=True)
`;

describeWithPython('archives written by the standard library of Python', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wheelstore-archives-'));
    runPython(WRITE, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tars = ['gnu', 'gnu-stream', 'pax', 'pax-stream', 'ustar'].map((name) => `${name}.tar.gz`);
  test.each(tars)('%s is accepted', async (name) => {
    const contents = await inspectSdistTarGz(bytesInMemory(readFileSync(join(folder, name))));
    expect(new TextDecoder().decode(contents.metadata)).toBe('Name: foo\n');
    expect(contents.members.size).toBe(6);
    if (!name.startsWith('ustar')) expect(contents.members).toContain(`foo-1.0/${LONG}`);
  });

  test.each([
    'deflated.zip',
    'stored.zip',
    'comment.zip',
    'zip64.zip',
    'streamed.zip',
    'streamed-stored.zip',
    'streamed-zip64.zip',
    'zip64-directory.zip',
  ])('%s is accepted', async (name) => {
    const contents = await inspectSdistZip(bytesInMemory(readFileSync(join(folder, name))));
    expect(new TextDecoder().decode(contents.metadata)).toBe('Name: foo\n');
    expect(contents.members).toContain(`foo-1.0/${LONG}`);
  });
});

const CHECK = `
import base64, sys, tarfile, zipfile, io
data = base64.b64decode(sys.argv[1])
if data[:2] == b'PK':
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    print('\\n'.join(sorted(archive.namelist())))
else:
    print('\\n'.join(sorted(tarfile.open(fileobj=io.BytesIO(data)).getnames())))
`;

describeWithPython('archives made for tests', () => {
  const spec = { name: 'foo', version: '1.0', files: { 'foo/ü.txt': 'ü' } };
  test.each([buildWheel(spec), buildSdist(spec), buildSdist({ ...spec, format: 'zip' })])(
    '$filename is what the standard library of Python reads',
    async ({ filename, bytes }) => {
      const inspect = filename.endsWith('.whl')
        ? inspectWheel
        : filename.endsWith('.zip')
          ? inspectSdistZip
          : inspectSdistTarGz;
      const { members } = await inspect(bytesInMemory(bytes));
      const names = runPython(CHECK, Buffer.from(bytes).toString('base64')).trim().split('\n');
      expect(names).toEqual([...members].toSorted());
    },
  );
});

/** Wheels that come with Python itself. */
function bundledWheels(): string[] {
  if (python === undefined) return [];
  const script = `
import importlib, os
print('/usr/share/python-wheels')
for package, below in [('ensurepip', '_bundled'), ('test', ''), ('test', 'wheeldata')]:
    try:
        folders = importlib.import_module(package).__path__
    except ImportError: # Linux distributions leave some of the standard library out
        continue
    for folder in folders:
        print(os.path.join(folder, below))
`;
  const run = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  const folders = (run.stdout ?? '')
    .trim()
    .split('\n')
    .filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.whl'))
      .map((name) => join(folder, name)),
  );
}

const wheels = bundledWheels();
const describeBundled = wheels.length > 0 ? describe : describe.skip;
const reason = wheels.length > 0 ? '' : ' (skipped: python3 brings none)';

describeBundled(`wheels that come with Python${reason}`, () => {
  test.each(wheels.length > 0 ? wheels : ['none'])('%s is accepted', async (path) => {
    const contents = await inspectWheel(bytesInMemory(readFileSync(path)));
    expect(contents.folder).toMatch(/\.dist-info$/);
    expect(new TextDecoder().decode(contents.metadata)).toMatch(/^Metadata-Version: /);
  });
});
