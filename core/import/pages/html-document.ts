import { Parser } from 'htmlparser2';
import { invalidPage, type PageLimits } from './page.ts';

/** A link of a page of HTML. */
export interface Anchor {
  readonly href: string;
  /** By their names in lower case, entities decoded. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What stands between its tags, whatever is nested in it. */
  readonly text: string;
}

/** What there is in a page of HTML that can matter to an index. */
export interface HtmlDocument {
  readonly anchors: readonly Anchor[];
  /** The first of each `<meta name>`, in lower case. */
  readonly metas: ReadonlyMap<string, string>;
  /** The first `<base href>`. */
  readonly base: string | undefined;
  /** The titles and the headings. */
  readonly titles: readonly string[];
  /** Whether it says of itself that it is HTML. */
  readonly isMarkedUp: boolean;
  /** Whether anything is to be seen besides titles and links. */
  readonly hasOtherContent: boolean;
  readonly asksForPassword: boolean;
}

// The parser looks at what is open with each tag, so that depth times tags is what a page costs. Real pages
// have some ten levels.
const DEEPEST = 256;
const LONGEST_TEXT = 1024;
const MOST_TITLES = 16;

const KEPT_ATTRIBUTE = /^(?:href|rel|data-[a-z-]{1,40})$/;
/** What shows a page of its own to people, or takes them elsewhere. */
const CONTENT = new Set(['form', 'input', 'button', 'iframe', 'frame', 'object', 'embed', 'img', 'video']);
const UNSEEN = new Set(['script', 'style', 'template']);
const STRUCTURE = new Set(['html', 'head', 'body']);
const TITLES = new Set(['title', 'h1']);

/**
 * Reads a page of HTML as it comes, without making a tree of it.
 *
 * @throws {WheelstoreError} `invalid-page` where it has too many links, or is nested absurdly
 */
export function readHtml(text: string, url: string, limits: PageLimits): HtmlDocument {
  const reader = new Reader(url, limits);
  const parser = new Parser({
    onopentagname: () => reader.deeper(),
    onopentag: (name, attributes) => reader.open(name, attributes),
    onclosetag: (name) => reader.close(name),
    ontext: (piece) => reader.text(piece),
    onprocessinginstruction: (name) => reader.instruction(name),
  });
  parser.write(text);
  parser.end();
  return reader;
}

interface OpenAnchor {
  readonly href: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

class Reader implements HtmlDocument {
  readonly anchors: OpenAnchor[] = [];
  readonly metas = new Map<string, string>();
  base: string | undefined;
  readonly titles: string[] = [];
  isMarkedUp = false;
  hasOtherContent = false;
  asksForPassword = false;
  readonly #url: string;
  readonly #limits: PageLimits;
  #depth = 0;
  #unseen = 0;
  #titles = 0;
  #anchor: OpenAnchor | undefined;

  constructor(url: string, limits: PageLimits) {
    this.#url = url;
    this.#limits = limits;
  }

  deeper(): void {
    this.#depth++;
    if (this.#depth > DEEPEST) throw invalidPage(this.#url, `has elements within elements, ${DEEPEST} deep`);
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (UNSEEN.has(name)) this.#unseen++;
    // A page that is a program shows what its program makes of it.
    if (name === 'script') this.hasOtherContent = true;
    if (this.#unseen > 0) return;
    if (STRUCTURE.has(name)) this.isMarkedUp = true;
    if (CONTENT.has(name)) this.hasOtherContent = true;
    if (name === 'a') this.#openAnchor(attributes);
    else if (name === 'meta') this.#meta(attributes);
    else if (name === 'base') this.base ??= attributes['href'];
    else if (name === 'input') this.asksForPassword ||= attributes['type']?.toLowerCase() === 'password';
    else if (TITLES.has(name)) this.#openTitle();
  }

  close(name: string): void {
    this.#depth--;
    if (UNSEEN.has(name) && this.#unseen > 0) this.#unseen--;
    if (this.#unseen > 0) return;
    if (name === 'a') this.#anchor = undefined;
    if (TITLES.has(name) && this.#titles > 0) this.#titles--;
  }

  text(piece: string): void {
    if (this.#unseen > 0) return;
    if (this.#anchor !== undefined) {
      if (this.#anchor.text.length < LONGEST_TEXT) this.#anchor.text += piece.slice(0, LONGEST_TEXT);
    } else if (this.#titles > 0) {
      const last = this.titles.length - 1;
      const title = this.titles[last] ?? '';
      if (title.length < LONGEST_TEXT) this.titles[last] = title + piece.slice(0, LONGEST_TEXT);
    } else if (!this.hasOtherContent && /\S/.test(piece)) {
      this.hasOtherContent = true;
    }
  }

  instruction(name: string): void {
    if (name.toLowerCase() === '!doctype') this.isMarkedUp = true;
  }

  #openTitle(): void {
    this.#titles++;
    if (this.titles.length < MOST_TITLES) this.titles.push('');
  }

  #openAnchor(attributes: Readonly<Record<string, string>>): void {
    const { href } = attributes;
    if (href === undefined) return;
    if (this.anchors.length >= this.#limits.maxLinks) {
      throw invalidPage(this.#url, `has more than ${this.#limits.maxLinks} links`);
    }
    const kept = Object.entries(attributes).filter(([name]) => KEPT_ATTRIBUTE.test(name));
    this.#anchor = { href, attributes: Object.fromEntries(kept), text: '' };
    this.anchors.push(this.#anchor);
  }

  #meta(attributes: Readonly<Record<string, string>>): void {
    const name = attributes['name']?.trim().toLowerCase();
    if (attributes['http-equiv']?.trim().toLowerCase() === 'refresh') this.hasOtherContent = true;
    if (name === undefined || this.metas.has(name) || this.metas.size >= 100) return;
    this.metas.set(name, attributes['content'] ?? '');
  }
}
