// Builds dist/: index.html, the script and the sheet, fonts/, texts/ (one catalogue a language), and openapi.json, the
// API's description as it is served. All that a browser keeps carries a hash in its name; beside each text lies the same
// packed (.br, .gz), for the node to choose.
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { parseYaml } from '@redocly/openapi-core'
import * as esbuild from 'esbuild'
import * as sass from 'sass'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const scss = {
  name: 'scss',
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path }) => ({
      loader: 'css',
      contents: sass.compile(path, { loadPaths: [here('node_modules')], quietDeps: true, style: 'compressed' }).css,
    }))
  },
}

async function writeTexts() {
  const paths = {}
  await mkdir(here('dist/texts'), { recursive: true })
  for (const language of ['de', 'nl', 'fr', 'en']) {
    const catalogue = JSON.stringify(JSON.parse(await readFile(here(`src/shared/texts/${language}.json`), 'utf8')))
    const hash = createHash('sha256').update(catalogue).digest('hex').slice(0, 8).toUpperCase()
    paths[language] = `/texts/${language}.${hash}.json`
    await writeFile(here(`dist${paths[language]}`), catalogue)
  }
  return paths
}

async function writeDescription() {
  const yaml = await readFile(here('../node/api/openapi.yaml'), 'utf8')
  await writeFile(here('dist/openapi.json'), `${JSON.stringify(parseYaml(yaml))}\n`)
}

/** Neither form has a time in it: the same sources make the same octets. */
async function pack() {
  for (const name of await readdir(here('dist'), { recursive: true })) {
    if (!/\.(css|html|js|json|svg)$/.test(name)) continue
    const content = await readFile(here(`dist/${name}`))
    await writeFile(here(`dist/${name}.br`), brotliCompressSync(content))
    await writeFile(here(`dist/${name}.gz`), gzipSync(content, { level: 9 }))
  }
}

await rm(here('dist'), { recursive: true, force: true })
const texts = await writeTexts()
const { metafile } = await esbuild.build({
  entryPoints: { desk: here('src/desk/main.tsx') },
  outdir: here('dist'),
  entryNames: '[name].[hash]',
  assetNames: 'fonts/[name].[hash]',
  publicPath: '/',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  define: { TEXT_PATHS: JSON.stringify(texts) },
  loader: { '.woff2': 'file' },
  plugins: [scss],
  metafile: true,
  absWorkingDir: here('.'),
  logLevel: 'warning',
})

const output = (ending) => basename(Object.keys(metafile.outputs).find((name) => name.endsWith(ending)))
const page = await readFile(here('src/desk/index.html'), 'utf8')
await writeFile(here('dist/index.html'), page.replace('{js}', output('.js')).replace('{css}', output('.css')))
await writeDescription()
await pack()
for (const [name, { bytes }] of Object.entries(metafile.outputs)) console.log(`${name}  ${Math.ceil(bytes / 1024)} KB`)
