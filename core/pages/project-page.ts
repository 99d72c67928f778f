import { fileKey, provenanceKey, urlFromProjectPage } from '../keys.ts';
import type { NormalizedName } from '../names.ts';
import { releasesOf } from '../record-changes.ts';
import type { FileEntry, ProjectRecord } from '../record.ts';
import { API_VERSION, representationsOf, type RenderedPage } from './page.ts';
import template from './templates/project.hbs';

/** The page of one project, in every representation: JSON and HTML from the same entries. */
export function renderProjectPage(record: ProjectRecord): RenderedPage[] {
  // PEP 792: a quarantined project offers no files.
  const files = record.status.status === 'quarantined' ? [] : record.files;
  return representationsOf(projectHtml(record, files), projectJson(record, files));
}

/** PEP 740. Relative, as every link here: a static page does not know by which host it is served. */
function provenanceUrlOf(project: NormalizedName, file: FileEntry): string | undefined {
  if (file.provenanceSha256 === undefined) return undefined;
  return urlFromProjectPage(provenanceKey(fileKey({ project, ...file })));
}

function urlOf(project: NormalizedName, file: FileEntry): string {
  return urlFromProjectPage(fileKey({ project, ...file }));
}

function projectJson(record: ProjectRecord, files: readonly FileEntry[]): object {
  return {
    // PEP 691: keys that begin with an underscore are an index's own.
    meta: { 'api-version': API_VERSION, '_last-serial': record.serial },
    name: record.name,
    'project-status': record.status,
    // PEP 700: unique, and covers every file.
    versions: [...releasesOf(files).keys()],
    files: files.map((file) => fileJson(record.name, file)),
  };
}

function fileJson(project: NormalizedName, file: FileEntry): object {
  const provenance = provenanceUrlOf(project, file);
  const metadata = file.metadataSha256 === undefined ? undefined : { sha256: file.metadataSha256 };
  return {
    filename: file.filename,
    url: urlOf(project, file),
    hashes: { sha256: file.sha256 },
    ...(file.requiresPython === undefined ? {} : { 'requires-python': file.requiresPython }),
    size: file.size,
    'upload-time': file.uploadTime,
    yanked: file.yanked,
    ...(metadata === undefined
      ? {}
      : {
          'core-metadata': metadata,
          // PEP 714: never "dist-info-metadata", at which pip 22.3 to 23.1 crashes.
          // Not in any specification: the only one that unearth (pdm) falls back to.
          'data-dist-info-metadata': metadata,
        }),
    ...(provenance === undefined ? {} : { provenance }),
  };
}

function projectHtml(record: ProjectRecord, files: readonly FileEntry[]): string {
  return template({
    apiVersion: API_VERSION,
    name: record.name,
    serial: record.serial,
    status: record.status.status,
    statusReason: record.status.reason ?? null,
    files: files.map((file) => ({
      filename: file.filename,
      url: urlOf(record.name, file),
      sha256: file.sha256,
      size: file.size,
      uploadTime: file.uploadTime,
      requiresPython: file.requiresPython ?? null,
      // An absent attribute, not "false", which pip takes for a metadata file that is there.
      metadataSha256: file.metadataSha256 ?? null,
      provenance: provenanceUrlOf(record.name, file) ?? null,
      isYanked: file.yanked !== false,
      yankedReason: typeof file.yanked === 'string' ? file.yanked : '',
    })),
  });
}
