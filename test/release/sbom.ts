// npm run sbom: what the connector is made of, as CycloneDX.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { statedLicences } from './licences.ts';
import { npm, root } from './npm.ts';

const usage = `npm run sbom [-- <file>]

Writes the production dependencies of package-lock.json as a CycloneDX bill of materials, by default to sbom.json.

Exit codes: 0 written, 1 npm or the disk failed, 2 bad usage
`;

/** A component, as far as it is changed here. */
interface Component {
  readonly name: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly properties: readonly { readonly name: string; readonly value: string }[];
  readonly licenses?: readonly unknown[];
}

interface Sbom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): 0 | 1 | 2 {
  const [file = 'sbom.json', ...more] = args;
  if (file.startsWith('-') || more.length > 0) {
    console.log(usage);
    return file === '--help' ? 0 : 2;
  }
  const form = ['--sbom-format=cyclonedx', '--sbom-type=application'];
  const { code, out, errors } = npm(['sbom', ...form, '--package-lock-only']);
  if (code !== 0) {
    console.error(`npm sbom ended with ${code}\n${errors}`);
    return 1;
  }
  try {
    const sbom = completed(JSON.parse(out) as Sbom);
    writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
    console.log(`${file}: ${sbom.components.length} components`);
    return 0;
  } catch (error) {
    console.error(`${file} cannot be written: ${String(error)}`);
    return 1;
  }
}

/**
 * Only what runs at a merchant's. Not by npm's own `--omit=dev`: npm 11.19 then leaves out what our tools need as well (yaml, zod). And npm
 * calls the whole after its folder, and knows no licence that package.json does not state.
 */
function completed(sbom: Sbom): Sbom {
  const { name, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const kept = sbom.components.filter(
    ({ properties }) => !properties.some(property => property.name === 'cdx:npm:package:development'),
  );
  const whole = sbom.metadata.component;
  const refs = new Set([whole, ...kept].map(component => component['bom-ref']));
  const direct = Object.entries(dependencies).map(([needed, version]) => `${needed}@${version}`);
  return {
    ...sbom,
    metadata: { ...sbom.metadata, component: { ...whole, name } },
    components: kept.map(component => {
      const id = statedLicences[`${component.name}@${component.version}`];
      return id === undefined ? component : { ...component, licenses: [{ license: { id } }] };
    }),
    dependencies: sbom.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({
        ref,
        dependsOn: ref === whole['bom-ref'] ? direct : dependsOn.filter(other => refs.has(other)),
      })),
  };
}
