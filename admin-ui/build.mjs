// Builds dist/: index.html, the scripts and the sheet, fonts/, texts/ (one catalogue a language), and openapi.json, the
// API's description as it is served. All that a browser keeps carries a hash in its name; beside each text lies the same
// packed (.br, .gz), for the node to choose.
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { parseYaml } from '@redocly/openapi-core'
import * as esbuild from 'esbuild'
import * as sass from 'sass'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const address = (output) => output.replace(/^dist/, '')

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
  const catalogues = {}
  await mkdir(here('dist/texts'), { recursive: true })
  for (const language of ['de', 'nl', 'fr', 'en']) {
    const texts = JSON.parse(await readFile(here(`src/shared/texts/${language}.json`), 'utf8'))
    const content = JSON.stringify(texts)
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase()
    const path = `/texts/${language}.${hash}.json`
    catalogues[language] = { path, unreachable: texts['problem.unreachable.title'], retry: texts['action.retry'] }
    await writeFile(here(`dist${path}`), content)
  }
  return catalogues
}

const bundle = (catalogues) =>
  esbuild.build({
    entryPoints: { begin: here('src/desk/begin.ts'), desk: here('src/desk/main.tsx') },
    outdir: here('dist'),
    entryNames: '[name].[hash]',
    chunkNames: '[name].[hash]',
    assetNames: 'fonts/[name].[hash]',
    publicPath: '/',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    define: { CATALOGUES: JSON.stringify(catalogues) },
    loader: { '.woff2': 'file' },
    plugins: [scss],
    metafile: true,
    absWorkingDir: here('.'),
    logLevel: 'warning',
  })

/** All that a script needs before it runs, itself first. */
function neededBy(script, outputs, found = new Set([script])) {
  for (const { path, kind } of outputs[script].imports) {
    if (kind === 'import-statement' && !found.has(path)) neededBy(path, outputs, found.add(path))
  }
  return [...found]
}

/** The page names what its scripts need, so that it comes at once and not one after the other. */
async function writePage(outputs) {
  const outputOf = (source) => Object.keys(outputs).find((name) => name.endsWith('.js') && outputs[name].entryPoint === source)
  const begin = outputOf('src/desk/begin.ts')
  const desk = outputOf('src/desk/main.tsx')
  const needed = new Set([begin, desk].flatMap((script) => neededBy(script, outputs)))
  const preloads = [...needed].filter((script) => script !== begin && script !== desk).map((script) => `<link rel="modulepreload" href="${address(script)}">`)
  const filled = { begin: address(begin), css: address(outputs[desk].cssBundle), desk: address(desk), preloads: preloads.join('\n    ') }
  const page = await readFile(here('src/desk/index.html'), 'utf8')
  await writeFile(here('dist/index.html'), page.replace(/\{(\w+)\}/g, (_, name) => filled[name]))
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
const { metafile } = await bundle(await writeTexts())
await writePage(metafile.outputs)
await writeDescription()
await pack()
for (const [name, { bytes }] of Object.entries(metafile.outputs)) console.log(`${name}  ${Math.ceil(bytes / 1024)} KB`)
