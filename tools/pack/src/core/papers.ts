import { decodeBase64, encodeHex } from '@ioi/basis';

/** One package of others that is in a release. */
export type Part = {
  readonly name: string;
  readonly version: string;
  /** As its manifest has it: an SPDX expression, or words. */
  readonly license: string;
  /** As the lockfile has it: `sha512-` and base64. */
  readonly integrity?: string | undefined;
  /** Its own licence and notice files. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
};

export type Release = { readonly name: string; readonly version: string };

const LINE = '='.repeat(78);

/** Licences of everything that is packed, from the packages themselves. */
export function noticesText(parts: readonly Part[]): string {
  const said = parts.map(({ name, version, license, texts }) => {
    const head = `${LINE}\n${name} ${version}\n${license}\n${LINE}\n`;
    if (texts.length === 0) return `${head}\n(The package carries no licence file.)\n`;
    return head + texts.map(({ file, text }) => `\n--- ${file}\n\n${text.trimEnd()}\n`).join('');
  });
  return `What of others is in this package, and under which licences.\n\n${said.join('\n')}`;
}

const SPDX = /^[A-Za-z0-9.+-]+$/;

/** A bill of materials in CycloneDX 1.5; the same for the same parts. */
export function billText({ name, version }: Release, parts: readonly Part[]): string {
  const components = parts.map(({ name: part, version: of, license, integrity }) => ({
    type: 'library',
    'bom-ref': purl(part, of),
    name: part,
    version: of,
    purl: purl(part, of),
    licenses: [SPDX.test(license) ? { license: licenseId(license) } : { expression: license }],
    ...(integrity === undefined ? {} : { hashes: [hashOf(integrity)] }),
  }));
  const component = {
    type: 'application',
    'bom-ref': purl(name, version),
    name,
    version,
    purl: purl(name, version),
    licenses: [{ license: { id: 'Apache-2.0' } }],
  };
  const dependsOn = components.map((each) => each['bom-ref']);
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component },
    components,
    dependencies: [{ ref: component['bom-ref'], dependsOn }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function licenseId(license: string): { readonly id: string } | { readonly name: string } {
  return license === 'UNKNOWN' ? { name: license } : { id: license };
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function hashOf(integrity: string): { readonly alg: string; readonly content: string } {
  const [algorithm = '', digest = ''] = integrity.split(' ')[0]?.split(/-(.*)/s) ?? [];
  const alg = algorithm.replace('sha', 'SHA-');
  const bytes = decodeBase64(digest);
  if (bytes === undefined) throw new Error(`${integrity} is no digest`);
  return { alg, content: encodeHex(bytes) };
}

export type Sum = { readonly file: string; readonly sha256: string };

/** What `sha256sum -c` reads. */
export function sumsText(sums: readonly Sum[]): string {
  return sums.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
}

/** What dpkg is told of the package. A prerelease is before its release, which `~` says. */
export function controlText(version: string, architecture: string): string {
  const fields = [
    'Package: ioi',
    `Version: ${version.replace('-', '~')}`,
    `Architecture: ${architecture}`,
    'Maintainer: IOI project',
    'Section: utils',
    'Priority: optional',
    'Depends: libc6, libatomic1, libstdc++6',
    'Recommends: bubblewrap',
    'Description: deterministic boundary between an AI agent and its effects',
    ' Every call an agent makes is decided by a signed policy, sealed before it has an',
    ' effect, performed once and receipted.',
  ];
  return `${fields.join('\n')}\n`;
}
