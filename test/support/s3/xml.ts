import { malformedXml } from './errors.ts';

/** An element to write: its name, and its text or its children. Absent children are left out. */
export type Xml = readonly [name: string, content: string | number | boolean | readonly (Xml | undefined)[]];

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escapeText(text: string): string {
  // A key may hold control characters, which XML has no way to write except as references.
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

function write([name, content]: Xml, attributes = ''): string {
  const inner =
    typeof content === 'object'
      ? content.map((child) => (child === undefined ? '' : write(child))).join('')
      : escapeText(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

/** A whole document. Errors have no namespace, all else has that of S3 unless another is given. */
export function xmlDocument(root: Xml, namespace: string = NAMESPACE): string {
  const attributes = root[0] === 'Error' ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root, attributes)}`;
}

/** An element that was read. */
export class XmlElement {
  readonly name: string;
  readonly children: XmlElement[] = [];
  text = '';

  constructor(name: string) {
    this.name = name;
  }

  all(name: string): XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }

  /** The text of the child with that name. */
  get(name: string): string | undefined {
    return this.all(name)[0]?.text;
  }
}

const TOKEN =
  /<\?[^>]*\?>|<(\/?)([A-Za-z][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;

function characterOf(codePoint: number): string {
  if (codePoint > 0x10ffff) throw malformedXml();
  return String.fromCodePoint(codePoint);
}

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));?/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return characterOf(parseInt(hex, 16));
    if (decimal !== undefined) return characterOf(parseInt(decimal, 10));
    const found = Object.entries(ENTITIES).find(([, entity]) => entity === `&${name};`);
    if (found === undefined || !whole.endsWith(';')) throw malformedXml();
    return found[0];
  });
}

/**
 * Reads the small documents that clients send: elements and text, no document types, no comments.
 *
 * @throws S3Error `MalformedXML`, also when the root is not the expected one
 */
export function parseXml(source: string, rootName: string): XmlElement {
  const document = new XmlElement('');
  const open = [document];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    const current = open.at(-1);
    if (match === null || current === undefined) throw malformedXml();
    const [, closing, name, , selfClosing, text] = match;
    if (text !== undefined) {
      current.text += unescapeText(text);
    } else if (name !== undefined && closing === '/') {
      if (current.name !== name) throw malformedXml();
      open.pop();
    } else if (name !== undefined) {
      const element = new XmlElement(name);
      current.children.push(element);
      if (selfClosing !== '/') open.push(element);
    }
  }
  const [root] = document.children;
  if (open.length !== 1 || document.children.length !== 1 || root?.name !== rootName) throw malformedXml();
  return root;
}
