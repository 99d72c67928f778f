import { describe, expect, it } from 'vitest';
import { bare, htmlPage, linksFor, PAGE_URL, SHA256 } from './pages.ts';

const one = (anchor: string) => {
  const { files, problems } = htmlPage(linksFor(anchor));
  expect(problems).toEqual([]);
  expect(files).toHaveLength(1);
  return files[0];
};

describe('odd anchors', () => {
  it.each([
    ['in capitals', '<A HREF="foo-1.0.tar.gz">foo</A>'],
    ['without quotes', '<a href=foo-1.0.tar.gz>foo</a>'],
    ['with single quotes, and spaces around', "<a  class='x'\n href = ' foo-1.0.tar.gz ' >foo</a>"],
    ['with tags in the text', '<a href="foo-1.0.tar.gz"><b>foo</b>-<i>1.0</i></a>'],
    ['without an end', '<a href="foo-1.0.tar.gz">foo'],
    ['with entities', '<a href="foo&#45;1&#46;0.tar.gz">foo</a>'],
    [
      'with attributes that nobody knows',
      '<a download rel="internal" data-x="<a>" href="foo-1.0.tar.gz" id>x</a>',
    ],
    [
      'with two addresses, of which the first counts',
      '<a href="foo-1.0.tar.gz" href="bar-1.0.tar.gz">foo</a>',
    ],
    ['with another text, as the URL decides', '<a href="foo-1.0.tar.gz">bar-2.0.tar.gz</a>'],
    ['within a table that is not closed', '<table><tr><td><a href="foo-1.0.tar.gz">x</a>'],
    ['with an empty hash', '<a href="foo-1.0.tar.gz#sha256=">x</a>'],
    ['with a hash that only its program knows', '<a href="foo-1.0.tar.gz#crc=12&egg=foo">x</a>'],
  ])('%s', (_, anchor) => {
    expect(one(anchor)).toEqual(bare('foo-1.0.tar.gz', `${PAGE_URL}foo-1.0.tar.gz`));
  });

  it('have entities where a plus, a quote or an ampersand is', () => {
    const anchor = `<a href="foo-1.0&#43;local.tar.gz?a=1&amp;b=2#sha256=${SHA256}&amp;md5=${'0f'.repeat(16)}" data-yanked="it&#39;s &lt;broken&gt;">x</a>`;
    expect(one(anchor)).toEqual(
      bare('foo-1.0+local.tar.gz', `${PAGE_URL}foo-1.0+local.tar.gz?a=1&b=2`, {
        hashes: { sha256: SHA256, md5: '0f'.repeat(16) },
        yanked: "it's <broken>",
      }),
    );
  });

  it('tell the time and the size, as our own pages do', () => {
    const anchor =
      '<a href="foo-1.0.tar.gz" data-upload-time="2024-02-29T01:02:03.456789Z" data-size="12">x</a>';
    expect(one(anchor)).toMatchObject({ uploadTime: '2024-02-29T01:02:03.456789Z', size: 12 });
  });

  it('yank with a reason on one line', () => {
    expect(one('<a href="foo-1.0.tar.gz" data-yanked="broken\n\tsee #1 ">x</a>')).toMatchObject({
      yanked: 'broken see #1',
    });
    expect(one('<a href="foo-1.0.tar.gz" data-yanked="">x</a>')).toMatchObject({ yanked: true });
  });

  it.each([
    ['true', true],
    [`sha256=${SHA256}`, { sha256: SHA256 }],
    ['false', undefined],
    ['', undefined],
  ])('have metadata: %j', (claim, metadata) => {
    expect(one(`<a href="foo-1.0.tar.gz" data-core-metadata="${claim}">x</a>`)?.metadata).toEqual(metadata);
  });

  it('are relative to the base of the page, wherever it stands', () => {
    const { files } = htmlPage(linksFor('<a href="foo-1.0.tar.gz">x</a>', '<base href="/files/">'));
    expect(files[0]?.location).toBe('https://pypi.old.example/files/foo-1.0.tar.gz');
  });
});

describe('what is not shown', () => {
  it.each([
    ['a comment', '<!-- <a href="foo-1.0.tar.gz">x</a> -->'],
    ['a script', '<script>document.write(\'<a href="foo-1.0.tar.gz">x</a>\')</script>'],
    ['a style', '<style>a::after { content: \'<a href="foo-1.0.tar.gz">\' }</style>'],
    ['a template', '<template><template></template><a href="foo-1.0.tar.gz">x</a></template>'],
    ['a text area', '<textarea><a href="foo-1.0.tar.gz">x</a></textarea>'],
    ['an anchor without an address', '<a name="foo-1.0.tar.gz">foo-1.0.tar.gz</a>'],
  ])('%s', (_, html) => {
    const { files, problems } = htmlPage(linksFor(html, '<a href="foo-2.0.tar.gz">y</a>'));
    expect(problems).toEqual([]);
    expect(files.map(({ filename }) => filename)).toEqual(['foo-2.0.tar.gz']);
  });

  it('is not what stands behind it', () => {
    const { files } = htmlPage(linksFor('<script>if (1 < 2) {}</script><a href="foo-1.0.tar.gz">x</a>'));
    expect(files).toHaveLength(1);
  });
});

describe('links to something else', () => {
  it.each([
    '../',
    '/',
    '?C=N;O=D',
    '#top',
    'foo-1.0.tar.gz.asc',
    'foo-1.0-py3-none-any.whl.metadata',
    'style.css',
    'https://old.example/',
    'mailto:a@b',
    '',
  ])('%j is passed over', (href) => {
    const { files, problems } = htmlPage(linksFor(`<a href="${href}">x</a>`));
    expect([files, problems]).toEqual([[], []]);
  });

  it('offers what old projects published, for whoever imports to count it', () => {
    const { files } = htmlPage(
      linksFor('<a href="foo-1.0-py2.7.egg">x</a>', '<a href="foo-1.0.tar.bz2">x</a>'),
    );
    expect(files.map(({ filename }) => filename)).toEqual(['foo-1.0-py2.7.egg', 'foo-1.0.tar.bz2']);
  });
});
