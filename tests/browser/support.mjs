// Somebody at a browser, for one test file: real Chromium, real nodes, nothing but clicks and keys after sign-in.
// Whatever a screen should never do (page error, console error, violated content security policy) fails the test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

import { Demo } from "../network/support.mjs";

const DEADLINE_MS = 30_000; // for anything that must come; never how long it takes

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 800 };

/** Nodes (options: further words for ops/demo up) and a browser to look at them; ended by end(). */
export async function openDemo(...options) {
    const browser = await openBrowser();
    try {
        const demo = await Demo.up(...options);
        return { browser, towns: demo.towns, end: () => Promise.all([demo.down(), browser.close()]) };
    } catch (trouble) {
        await browser.close();
        throw trouble;
    }
}

function openBrowser() {
    return chromium.launch({
        executablePath: "/usr/bin/chromium",
        env: { ...process.env, LC_ALL: "C.UTF-8" }, // without it Chromium saves no file whose name has an umlaut
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"],
    });
}

export const userOf = (town, role) => town.users.find((user) => user.role === role);

/** One browser profile with one page. */
export class Visitor {
    static async open(browser, { size = desktop, locale = "de-DE", ...options } = {}) {
        const visitor = new Visitor();
        visitor.context = await browser.newContext({ viewport: size, locale, timezoneId: "Europe/Berlin", ...options });
        visitor.context.setDefaultTimeout(DEADLINE_MS);
        await visitor.context.addInitScript(() => {
            addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
        });
        visitor.troubles = [];
        visitor.page = await visitor.newPage();
        return visitor;
    }

    async newPage() {
        const page = await this.context.newPage();
        const note = (text) => this.troubles.push(`${page.url()}: ${text}`);
        page.on("pageerror", (error) => note(`page error: ${error.stack ?? error}`));
        page.on("console", (message) => ["error", "warning"].includes(message.type()) && note(`console: ${message.text()} ${message.location().url}`));
        return page;
    }

    /** Opens a town's screens and signs in with the keyboard, as anybody would. */
    async signIn(town, role = "coordinator") {
        const { email, password } = userOf(town, role);
        await this.page.goto(`${town.url}/`);
        await this.page.locator("#field-email").fill(email);
        await this.page.locator("#field-password").fill(password);
        await this.page.keyboard.press("Enter");
        await this.page.locator(".frame").waitFor();
        return this;
    }

    /** The node was expected to refuse something with this status: forgives exactly the browser's own lines about that. */
    async refused(status) {
        const line = new RegExp(`Failed to load resource: the server responded with a status of ${status} `);
        await until(`the browser says ${status}`, () => this.troubles.some((text) => line.test(text)));
        this.troubles = this.troubles.filter((text) => !line.test(text));
    }

    button = (name, options) => this.page.getByRole("button", { name, exact: typeof name === "string", ...options });
    link = (name, options) => this.page.getByRole("link", { name, exact: typeof name === "string", ...options });
    field = (name) => this.page.getByLabel(name, { exact: typeof name === "string" }).and(this.page.locator("input, textarea, select"));
    heading = (name) => this.page.getByRole("heading", { name, exact: typeof name === "string" });

    click = (name) => this.button(name).click();
    sees = (text) => this.page.getByText(text).first().waitFor();
    async goes(name) {
        await this.page.getByRole("navigation").getByRole("link", { name }).first().click();
    }

    /** Gives a reason in the dialog that asks for one, and goes on. */
    async gives(reason, submit) {
        const dialog = this.page.getByRole("dialog");
        await dialog.getByRole("textbox").fill(reason);
        await dialog.getByRole("button", { name: submit }).click();
        await dialog.waitFor({ state: "hidden" });
    }

    /** Presses Tab until the focus is there, as somebody without a mouse would. */
    async tabTo(target) {
        await target.waitFor();
        for (let presses = 0; presses < 120; presses++) {
            if (await target.evaluate((element) => element === document.activeElement)) return;
            await this.page.keyboard.press("Tab");
        }
        throw new Error(`Tab does not lead to ${target}`);
    }

    /** Nothing went wrong on any screen seen so far; the profile is given up. */
    async close() {
        await this.context.close();
        assert.deepEqual(this.troubles, []);
    }
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const everything = {
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
};
const colours = { runOnly: ["color-contrast", "link-in-text-block"], resultTypes: ["violations"] };

/** What axe-core objects to on the present screen, one line each; recoloured: nothing but the colours changed since it looked. */
export async function objections(page, recoloured = false) {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const { violations } = await page.evaluate((options) => window.axe.run(document, options), recoloured ? colours : everything);
    return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 200)} ${node.failureSummary}`));
}

/** Waits until ask() is true. */
export async function until(what, ask) {
    const end = Date.now() + DEADLINE_MS;
    while (!(await ask())) {
        if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS / 1000} s: ${what}`);
        await new Promise((next) => setTimeout(next, 25));
    }
}
