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
  const links = files.map((file) => linkOf(record.name, file));
  return representationsOf(projectHtml(record, links), projectJson(record, files, links));
}

/** A file as the page names it. Links are relative: a static page does not know by which host it is served. */
interface Link {
  readonly file: FileEntry;
  readonly url: string;
  /** PEP 740 */
  readonly provenanceUrl: string | undefined;
}

function linkOf(project: NormalizedName, file: FileEntry): Link {
  const { filename, sha256, generation, provenanceSha256 } = file;
  const key = fileKey({ project, filename, sha256, generation });
  const provenanceUrl = provenanceSha256 === undefined ? undefined : urlFromProjectPage(provenanceKey(key));
  return { file, url: urlFromProjectPage(key), provenanceUrl };
}

function projectJson(record: ProjectRecord, files: readonly FileEntry[], links: readonly Link[]): object {
  return {
    // PEP 691: keys that begin with an underscore are an index's own.
    meta: { 'api-version': API_VERSION, '_last-serial': record.serial },
    name: record.name,
    'project-status': record.status,
    // PEP 700: unique, and covers every file.
    versions: [...releasesOf(files).keys()],
    files: links.map(fileJson),
  };
}

function fileJson({ file, url, provenanceUrl }: Link): object {
  const metadata = file.metadataSha256 === undefined ? undefined : { sha256: file.metadataSha256 };
  return {
    filename: file.filename,
    url,
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
    ...(provenanceUrl === undefined ? {} : { provenance: provenanceUrl }),
  };
}

function projectHtml(record: ProjectRecord, links: readonly Link[]): string {
  return template({
    apiVersion: API_VERSION,
    name: record.name,
    serial: record.serial,
    status: record.status.status,
    statusReason: record.status.reason ?? null,
    files: links.map(({ file, url, provenanceUrl }) => ({
      filename: file.filename,
      url,
      sha256: file.sha256,
      size: file.size,
      uploadTime: file.uploadTime,
      requiresPython: file.requiresPython ?? null,
      // An absent attribute, not "false", which pip takes for a metadata file that is there.
      metadataSha256: file.metadataSha256 ?? null,
      provenance: provenanceUrl ?? null,
      isYanked: file.yanked !== false,
      yankedReason: typeof file.yanked === 'string' ? file.yanked : '',
    })),
  });
}
