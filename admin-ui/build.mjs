// Builds dist/: index.html, desk.[hash].js, desk.[hash].css, fonts/ and texts/ (one catalogue a language).
// Everything but index.html carries a hash in its name, so that the server may let browsers keep it.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
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
for (const [name, { bytes }] of Object.entries(metafile.outputs)) console.log(`${name}  ${Math.ceil(bytes / 1024)} KB`)
