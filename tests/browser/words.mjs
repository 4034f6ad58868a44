// The words of the protocol that nobody should have to know outside Administration: epoch, stream, head, hint.
//
// Compared as whole words, in any case. What a translator would most likely write for the protocol's term is listed, with
// plurals; the English terms count in every language, since untranslated they are worst. Deliberately not listed, because they
// are ordinary words of the screens and say nothing technical there: German „Hinweis“ (what the preview finds in a text) and
// „Eintrag“, Dutch „tip“, French „conseil“ and „en cours“, English “headline” and “upstream” (no whole words).

const everywhere = ["epoch", "epochs", "stream", "streams", "head", "heads", "hint", "hints"];
const words = {
    de: ["Epoche", "Epochen", "Strom", "Ströme", "Strömen", "Datenstrom", "Datenströme", "Kopf", "Köpfe", "Stromkopf", "Wink", "Winke"],
    nl: ["epoche", "epochen", "epoches", "tijdperk", "tijdperken", "stroom", "stromen", "datastroom", "datastromen", "kop", "koppen", "hoofd", "hoofden", "wenk", "wenken"],
    fr: ["époque", "époques", "flux", "courants", "tête", "têtes", "indice", "indices"],
    en: [],
};

/** The forbidden words in a text, as they stand there. */
export function technical(text, language) {
    const any = [...everywhere, ...words[language]].join("|");
    return text.match(new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any})(?![\\p{L}\\p{N}_])`, "giu")) ?? [];
}

/** All that a page says to eyes and ears, one line each: its title, its text (also folded away, also of options), and what
 *  attributes add (names for screen readers, tooltips, placeholders, alternatives, values shown on buttons). */
export const saidBy = (page) =>
    page.evaluate(() => {
        const lines = [document.title];
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) lines.push(texts.currentNode.data);
        for (const name of ["aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "aria-placeholder", "title", "placeholder", "alt", "label"])
            for (const element of document.querySelectorAll(`[${name}]`)) lines.push(element.getAttribute(name));
        for (const button of document.querySelectorAll("input[type=button], input[type=submit], input[type=reset]")) lines.push(button.value);
        return lines.map((line) => line.trim()).filter(Boolean);
    });
