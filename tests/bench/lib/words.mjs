// Words and sentence patterns for a town's worth of invented proposals, offers, organisations and people. All names are
// made of syllables: nobody is called so. Every choice comes from the one generator of numbers that is passed in.

/** Numbers from 0 up to 1, the same sequence for the same seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const words = (text) => text.trim().split(/\s*,\s*/);

// By category, as one would write it after "brauchen".
const needs = {
  goods: words(`Stühle, Tische, Bänke, Regale, Schränke, Matratzen, Bettwäsche, Wolldecken, Vorhänge, Teppiche, Lampen, Kühlschränke,
    Waschmaschinen, Herde, Geschirr, Töpfe, Gläser, Thermoskannen, Kaffeemaschinen, Fahrräder, Roller, Kinderwagen, Bollerwagen,
    Schubkarren, Gartengeräte, Hochbeete, Blumenerde, Saatgut, Obstbäume, Sträucher, Rasenmäher, Holzbretter, Farbe, Pinsel, Leitern,
    Werkzeugkästen, Akkuschrauber, Schrauben, Pflastersteine, Sand, Laptops, Bildschirme, Drucker, Tastaturen, Beamer, Kopfhörer,
    Lautsprecher, Mikrofone, Kameras, Ladegeräte, Bücher, Hefte, Buntstifte, Schulranzen, Bastelpapier, Wolle, Stoffreste, Nähmaschinen,
    Brettspiele, Puzzles, Fußbälle, Trikots, Turnmatten, Tischtennisplatten, Zelte, Schlafsäcke, Rucksäcke, Regenjacken, Gummistiefel,
    Winterschuhe, Handschuhe, Mützen, Seife, Zahnbürsten, Windeln, Verbandskästen, Rollatoren, Rollstühle, Hörbücher, Gitarren,
    Trommeln, Notenständer, Klaviere, Kostüme, Bühnenelemente, Scheinwerfer, Kartons, Papier, Briefumschläge, Getränke, Äpfel, Brot,
    Konserven, Gewürze, Futter, Nistkästen, Bienenstöcke, Sonnenschirme, Pavillons, Biertischgarnituren, Absperrgitter, Warnwesten`),
  transport: words(`einen Transporter, einen Kleinbus, einen Anhänger, einen Lastwagen mit Hebebühne, einen Bus für fünfzig Kinder,
    Hilfe beim Umzug, eine Fahrt zur Tafel, eine Abholung von Möbeln, Fahrten zum Arzt, einen Kurier, Lastenräder, einen Fahrdienst`),
  space: words(`einen Raum für Treffen, eine Werkstatt, einen Lagerraum, eine Turnhalle, einen Saal mit Bühne, einen Garten, eine Küche,
    ein Büro, einen Proberaum, eine Wiese, einen Hof, einen Keller, einen Platz für Container, eine Garage, einen Seminarraum`),
  expertise: words(`Beratung zum Brandschutz, Hilfe bei der Buchhaltung, Rat zum Mietvertrag, eine neue Webseite, ein Logo,
    Hilfe beim Datenschutz, einen Blick auf die Satzung, ein Konzept für die Beleuchtung, Rat zur Heizung, Übersetzungen,
    Fotos für den Jahresbericht, Hilfe beim Förderantrag, eine Prüfung der Elektrik, Rat zur Barrierefreiheit, einen Bauplan`),
  hands: words(`helfende Hände beim Streichen, Hilfe beim Renovieren, zehn Leute zum Pflanzen, Helfer am Grill, Hilfe beim Aufbau,
    Hilfe beim Aufräumen, Leute zum Packen von Tüten, Vorleserinnen und Vorleser, Begleitung beim Ausflug, Hilfe beim Sortieren,
    Kraft zum Tragen, Hilfe beim Kochen, Leute an der Kasse, Ordner für den Umzug, Hilfe beim Zaunbau`),
  training: words(`einen Kurs in Erster Hilfe, einen Computerkurs, ein Bewerbungstraining, einen Schwimmkurs, einen Nähkurs,
    ein Training für Trainer, einen Vortrag über Ernährung, Unterricht in Gebärdensprache, einen Fahrradkurs, eine Schulung zum Kochen,
    einen Workshop zum Filmen, Nachhilfe in Mathematik, ein Seminar zur Moderation`),
  network: words(`Kontakte zu Handwerksbetrieben, eine Tür zu einem Verlag, Kontakt zu einer Druckerei, Praktikumsplätze,
    Patinnen und Paten, Kontakt zu Landwirten, Ansprechpartner in der Verwaltung, eine Partnerschule, Kontakte zu Musikerinnen`),
};
const groups = words(`unsere Kinder, die Jugendlichen im Treff, ältere Menschen im Viertel, Familien mit wenig Geld, Geflüchtete, Alleinerziehende,
  Menschen ohne Wohnung, Schulanfänger, unsere Bewohnerinnen, Menschen mit Behinderung, pflegende Angehörige, Nachbarinnen und Nachbarn,
  Auszubildende, die Gäste der Suppenküche, junge Mütter, unsere Ehrenamtlichen, Menschen im Hospiz, Suchtkranke, Senioren im Heim,
  die Mädchenmannschaft, der Chor, die Theatergruppe, die Fahrradwerkstatt, die Gartengruppe, die Hausaufgabenhilfe, das Sprachcafé`);
const occasions = words(`Sommerfest, Adventsmarkt, Nachbarschaftsfest, Ferienlager, Tag der offenen Tür, Erntedank, Fußballturnier, Flohmarkt,
  Frühlingsputz, Jubiläum, Kinderfasching, Laternenumzug, Konzert, Umzug, Neubau, Schulbeginn, Weihnachtsessen, Spendenlauf, Theaterabend,
  Repaircafé, Gartentag, Vorlesetag, Stadtteilfest, Zeltlager, Osterfrühstück, Winterspeiseplan, Workshop, Projekttag, Ausflug, Filmabend`);
const places = words(`im Gemeindesaal, in der Turnhalle, im Jugendraum, auf dem Schulhof, im Garten hinter dem Haus, in der Küche, im Keller,
  im Wartezimmer, auf der Wiese, im Treppenhaus, im Gruppenraum, in der Werkstatt, im Lesesaal, auf der Dachterrasse, im Speisesaal`);
const qualities = words(`gebraucht und gut erhalten, gern auch bunt gemischt, stabil und abwaschbar, leicht zu tragen, wetterfest, in kleiner Stückzahl,
  möglichst bald, ohne feste Frist, auch einzeln, gern leihweise, am liebsten aus Holz, für draußen geeignet, sauber und trocken`);
const reasons = words(`das alte Haus hat uns im Winter viel gekostet, die bisherigen sind nach vielen Jahren zerschlissen, nach dem Wasserschaden fehlt
  uns fast alles, die Gruppe ist im letzten Jahr doppelt so groß geworden, der Vermieter hat gekündigt, wir fangen gerade erst an,
  eine Zusage ist kurzfristig ausgefallen, im Haushalt ist dafür nichts vorgesehen, die Nachfrage steigt seit Monaten, vieles ist kaputt`);
const openers = [
  (w) => `Für ${w.group} suchen wir ${w.need}.`,
  (w) => `Zum ${w.occasion} brauchen wir ${w.need}.`,
  (w) => `Wir möchten ${w.place} etwas Neues beginnen und brauchen dafür ${w.need}.`,
  (w) => `Seit dem Herbst treffen sich ${w.place} ${w.group}, und es fehlen ${w.need}.`,
  (w) => `Ein ${w.occasion} ${w.place} soll gelingen: dazu fehlt noch ${w.need}.`,
];
const details = [
  (w) => `Wichtig ist uns: ${w.quality}.`,
  (w) => `Der Grund ist einfach, ${w.reason}.`,
  (w) => `Abholen können wir selbst, auch am Wochenende.`,
  (w) => `Wer helfen mag, ist zum ${w.occasion} herzlich eingeladen.`,
  (w) => `Davon haben ${w.group} noch lange etwas.`,
  (w) => `Auch ${w.other} würde uns sehr helfen.`,
  (w) => `Aufgestellt wird alles ${w.place}.`,
  (w) => `Im vergangenen Jahr kamen rund ${w.count} Menschen, dieses Jahr rechnen wir mit mehr.`,
  (w) => `Zwei Ehrenamtliche kümmern sich darum, dass nichts liegen bleibt.`,
  (w) => `Über ${w.other} sprechen wir auch gern, falls das leichter geht.`,
  (w) => `Eine Rechnung gibt es nicht, dafür einen Kuchen und einen ehrlichen Dank.`,
  (w) => `Wir melden uns innerhalb von ${w.count} Tagen bei allen, die sich melden.`,
];
const offers = [
  (w) => `Wir geben ${w.need} ab, ${w.quality}.`,
  (w) => `Unser Betrieb stellt ${w.need} zur Verfügung.`,
  (w) => `Nach dem ${w.occasion} haben wir ${w.need} übrig.`,
];
const favours = words(`ein Auftritt des Chors, eine Führung durch das Haus, ein Bericht in der Vereinszeitung, ein Kuchen, selbst gemalte Bilder,
  Hilfe beim nächsten Betriebsfest, ein Platz auf dem Dankesplakat, Honig aus dem Garten, ein Nachmittag mit den Kindern`);

const kinds = {
  civil_society: words(`Kita, Grundschule, Turnverein, Förderverein, Jugendtreff, Seniorenkreis, Kirchengemeinde, Chor, Theatergruppe, Tafel, Werkstatt,
    Nachbarschaftshilfe, Kleingartenverein, Frauenhaus, Hospizverein, Musikschule, Sportverein, Familienzentrum, Bürgerhaus, Tierheim`),
  company: words(`Bäckerei, Schreinerei, Autohaus, Druckerei, Baumarkt, Steuerkanzlei, Gärtnerei, Spedition, Hotel, Apotheke, Elektrobetrieb, Malerbetrieb,
    Metzgerei, Brauerei, Softwarehaus, Möbelhaus, Versicherungsbüro, Optikergeschäft, Dachdeckerei, Architekturbüro`),
  public_administration: words(`Sozialamt, Jugendamt, Bauhof, Stadtbücherei, Ordnungsamt, Forstamt, Schulamt, Kulturamt`),
};
const epithets = words(`Regenbogen, Sonnenschein, Am Anger, Zur Linde, Kunterbunt, Neustart, Morgenrot, Am Wehr, Oberstadt, Miteinander, Brückenbau, Lichtblick`);
const starts = words(`Bre, Kar, Lin, Mor, Tel, Wun, Ost, Gral, Fen, Hol, Jas, Quer, Rem, Sil, Tro, Ulm, Ves, Wim, Zor, Dre, Pel, Nar, Klo, Bam`);
const middles = words(`men, sol, ta, ber, wi, lo, gen, ra, du, ni, fel, ku, so, mar, ti`);
const ends = words(`dorf, tal, bach, weiler, hausen, au, feld, heim, stedt, rode, horn, loh`);
const personal = words(`Ada, Benno, Clea, Darius, Elke, Falk, Greta, Hanno, Ilva, Jorin, Kaja, Levin, Mila, Nils, Oda, Pelle, Romy, Svea, Till, Urs, Vera, Wanja, Yara, Zeno`);
const familiar = words(`mann, ner, sen, ke, ling, ert, hold, wig, berger, ski, rich, old`);

/** Everything that is made of words, drawing from `random`. */
export function writerOf(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  // As in real texts: few words often, many seldom.
  const often = (list) => list[Math.floor(random() ** 1.7 * list.length)];
  const categories = Object.keys(needs);
  const invented = () => pick(starts) + (random() < 0.7 ? pick(middles) : '') + pick(ends);
  const municipalities = Array.from({ length: 24 }, invented);

  const material = (category) => {
    const need = often(needs[category]);
    const other = often(needs[often(categories)]);
    return {
      need, other, group: often(groups), occasion: often(occasions), place: often(places), quality: pick(qualities), reason: pick(reasons),
      count: 10 + Math.floor(random() * 190),
    };
  };
  const helpOf = (first) => {
    const wanted = new Set([first]);
    while (random() < 0.25) wanted.add(pick(categories));
    return [...wanted].map((category) => ({
      category, quantity: random() < 0.6 ? 1 + Math.floor(random() ** 3 * 300) : null, unit: random() < 0.3 ? 'Stück' : null,
    }));
  };
  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  return {
    pick,
    municipality: () => often(municipalities),
    /** {title, text, help} of a proposal or an offer. */
    listing(kind) {
      const category = random() < 0.45 ? 'goods' : pick(categories);
      const w = material(category);
      const sentences = [pick(kind === 'offer' ? offers : openers)(w)];
      const more = 1 + Math.floor(random() * 7);
      for (let i = 0; i < more; i++) sentences.push(pick(details)({ ...material(category), need: w.need, occasion: w.occasion }));
      const title = random() < 0.5 ? `${capital(w.need)} für ${w.group}` : `${capital(w.need)} zum ${w.occasion}`;
      return { title, text: [...new Set(sentences)].join(' '), help: helpOf(category) };
    },
    favour: () => capital(pick(favours)),
    note: () => `Rückruf erbeten, ${pick(reasons)}. ${capital(pick(qualities))}.`,
    reason: () => capital(pick(reasons)) + '.',
    organisation: (sector) => {
      const kind = pick(kinds[sector]);
      return { kind, name: `${kind} ${random() < 0.4 ? pick(epithets) + ' ' : ''}${invented()}${sector === 'company' ? ' GmbH' : ''}` };
    },
    person: () => `${pick(personal)} ${pick(starts)}${pick(middles)}${pick(familiar)}`,
  };
}
