#include "node/core/words.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/multimap.h"
#include "node/core/reading.h"

struct words {
    struct multimap *flags; /* hash of a folded word → its flags */
};

/* One row is one theme of one language; a word may stand in several rows, its flags add up. German nouns are
 * written with their capital, so that "Winter" may open an ambiguity with a surname and "klein" in the middle
 * of a sentence does not. */
/* Version 14 of the formatter crashes on this table. */
/* clang-format off */
static const struct {
    unsigned flags;
    const char *words;
} TABLE[] = {
    {WORD_FILLER | WORD_GERMAN | WORD_DUTCH,
     "der die das dem den des ein eine einer eines einem einen und oder für von vom zu zum zur im in am "
     "an auf aus bei beim mit ohne nach vor über unter durch gegen um bis als auch zwischen seit "
     "gegründet de het een en of voor van te ter ten op aan bij met uit naar door over onder om ook 't 's "
     "le la les un une du et ou pour par avec sans sur sous dans à au aux chez vers lès the a and or for "
     "to on at by with from near"},
    {WORD_FILLER | WORD_CONNECTOR, "und u et en and"},
    {WORD_INDEFINITE, "ein eine einen einem einer eines kein keine keinen keinem keiner keines"},
    {WORD_FILLER | WORD_GERMAN_NOUN | WORD_GERMAN,
     "Stadt Gemeinde Kreis Landkreis Regionalverband Land Region Bezirk Ort Ortsteil Landeshauptstadt "
     "Kreisstadt Dorf"},
    {WORD_FILLER | WORD_DUTCH,
     "gemeente stad dorp wijk provincie regio ville commune mairie département région village "
     "arrondissement métropole town city borough county municipality"},
    {WORD_LEGAL_FORM | WORD_GERMAN | WORD_DUTCH,
     "ev ggmbh gmbh ug ag kg ohg gbr mbh co kgaa eg gag se eingetragener gemeinnützige gemeinnütziger "
     "gemeinnütziges haftungsbeschränkt inh inhaber bv nv vof vzw cv asbl sarl sas sa sci eurl scop sasu "
     "ltd plc llc inc cic cie"},
    {WORD_SALUTATION | WORD_GERMAN | WORD_DUTCH,
     "Frau Herr Herrn Hr Fr Dr Prof Familie Fam Eheleute Ehepaar mevrouw mevr mw meneer dhr mijnheer "
     "madame mme monsieur mlle mademoiselle mr mrs ms miss"},
    {WORD_KIND | WORD_ANNOUNCER,
     "fa firma firmen betrieb unternehmen verein stiftung ets établissement établissements sté société "
     "association asso fondation bedrijf stichting vereniging company messrs"},
    {WORD_EVERYDAY | WORD_KIN,
     "sohn söhne tochter töchter bruder brüder gebrüder gebr zoon zonen zn dochter dochters gebroeders fils "
     "fille filles frère frères son sons daughter daughters brother brothers bros"},
    {WORD_EVERYDAY | WORD_CALENDAR,
     "january february march april may june july august september october november december monday tuesday "
     "wednesday thursday friday saturday sunday"},
    /* what organisations and companies are: alone and at the end of a compound (Angelverein, speelgoedbank) */
    {WORD_KIND | WORD_HEAD | WORD_GERMAN_NOUN | WORD_GERMAN,
     "Verein Schule Klub Club Verband Zentrum Heim Haus Gruppe Chor Kirche Bank Stiftung Werkstatt Lager "
     "Kammer Markt Amt Dienst Betrieb Firma Gesellschaft Orchester Bibliothek Bücherei Museum Theater "
     "Laden Büro Stelle Stätte Treff Initiative Projekt Bund Wehr Praxis Klinik Apotheke Bäckerei "
     "Metzgerei Handwerk Handel Unternehmen Agentur Einrichtung Institut Akademie Universität Hochschule "
     "Garten Kita Hort Krippe Rat Netzwerk Forum Café Studio Service Team Technik Bau Center Shop Börse "
     "Kasse Versicherung Druckerei Gärtnerei Schreinerei Tischlerei Spedition Hotel Restaurant Verwaltung "
     "Verkehr Logistik Beratung Betreuung Bildung Pflege Werk Werke Vereinigung Gemeinschaft "
     "Genossenschaft Anstalt Station Mission Ausschuss Vorstand Verlag Handlung Industrie "
     "Kanzlei Partner Design Marketing Media Medien Film Energie System Systeme Solution Elektro Sanitär "
     "Software Gemeinde Freunde Kreis Reinigung Vertrieb Vermietung Montage Herstellung Produktion "
     "Gastronomie Catering Gemeinnützigkeit Stammtisch Ensemble Kapelle Mannschaft Reisen "
     "Immobilien Management Consulting Systemhaus Autohaus"},
    {WORD_KIND | WORD_HEAD | WORD_DUTCH,
     "vereniging school club bank huis centrum kerk koor groep fonds stichting winkel opvang zorg "
     "instelling organisatie bedrijf dienst werk handel bouw markt raad museum bibliotheek theater "
     "kantoor bureau praktijk makelaar makelaardij bakkerij slagerij garage asiel orkest unie bond "
     "federatie coöperatie netwerk platform kring team atelier werkplaats groothandel techniek "
     "transport logistiek adviseurs accountants notaris installatie schilder drukkerij kwekerij loods "
     "centrale ziekenhuis verpleeghuis woonzorgcentrum hospice kamer restaurant café hotel"},
    {WORD_KIND,
     "association fédération union club fondation centre maison foyer école collège lycée université "
     "institut comité groupe chorale église paroisse banque service atelier entreprise société cabinet "
     "agence boulangerie boucherie pharmacie garage restaurant hôtel théâtre musée médiathèque "
     "bibliothèque orchestre réseau collectif coopérative mutuelle syndicat office mission épicerie "
     "ressourcerie recyclerie friperie crèche clinique hôpital imprimerie librairie menuiserie plomberie "
     "transports bâtiment travaux compagnie conseil conseils solutions ensemble amicale ligue régie espace "
     "établissement établissements ets résidence ferme jardin jardins chantier organisme"},
    {WORD_KIND,
     "association federation union club foundation centre center house home school college university "
     "institute committee group choir church parish bank service services workshop company society agency "
     "bakery butcher pharmacy garage restaurant hotel theatre theater museum library orchestra network "
     "collective cooperative trust charity charities hospice shelter mission nursery kindergarten clinic "
     "hospital printers bookshop joinery plumbing transport building solutions consulting consultants "
     "partners team forum project projects initiative office shop store market farm garden gardens "
     "community communities systems logistics media design studio works industries international"},
    /* kinds at the end of a compound only */
    {WORD_HEAD | WORD_GERMAN, "Hilfe Stube"},
    /* whom and what they are about */
    {WORD_EVERYDAY | WORD_GERMAN_NOUN | WORD_GERMAN,
     "Kind Kinder Jugend Jugendliche Senior Senioren Frau Frauen Mann Männer Mädchen Junge Jungen Familie "
     "Familien Eltern Mutter Mütter Vater Väter Mensch Menschen Geflüchtete Flüchtling Flüchtlinge "
     "Obdachlose Wohnungslose Behinderte Behinderung Alter Alte Kranke Nachbar Nachbarn Nachbarschaft "
     "Bürger Bürgerin Bürgerinnen Freund Freundin Gast Gäste Mitglied Mitglieder Mitarbeiter "
     "Mitarbeiterin Mitarbeitende Ehrenamt Ehrenamtliche Freiwillige Helfer Helferin Schüler Schülerin "
     "Student Studenten Studierende Lehrer Lehrerin Azubi Auszubildende Partner Nutzer Generation "
     "Generationen Mehrgenerationen Bevölkerung Gesellschaft Welt Leben Arbeit Beruf Ausbildung Schulung "
     "Kurs Sprache Deutsch Musik Gesang Kunst Kultur Sport Turnen Fußball Handball Tennis Schwimmen "
     "Rudern Reiten Angel Angeln Schützen Wandern Tanz Spiel Spiele Spielzeug Natur Umwelt Klima Tier "
     "Tiere Hund Katze Pferd Vogel Baum Blume Blumen Wald Wasser Feuer Erde Luft Licht Sonne Sonnen Mond "
     "Stern Sterne Himmel Regenbogen Regen Schnee Wind Berg Tal Fluss See Meer Insel Brücke Weg Wege "
     "Straße Platz Park Hof Tor Tür Fenster Dach Wand Raum Räume Zimmer Küche Keller Bühne Saal Halle Turm "
     "Burg Schloss Mühle Hafen Schiff Boot Anker Arche Leuchtturm Auto Autos Bus Bahn Rad Fahrrad Lkw "
     "Wagen Fahrzeug Transport Umzug Möbel Tisch Tische Stuhl Stühle Bett Schrank Regal Kleider Kleidung "
     "Schuhe Decke Seife Brot Essen Lebensmittel Obst Gemüse Milch Kaffee Tee Wein Bier Papier Buch "
     "Bücher Stift Farbe Farben Pinsel Drucker Computer Laptop Handy Telefon Internet Werkzeug Maschine "
     "Holz Metall Stein Stahl Glas Beton Geld Euro Spende Spenden Geschenk Geschenke Hilfe Helfen "
     "Unterstützung Förderung Förderer Rettung Schutz Sicherheit Gesundheit Medizin Sucht Krebs Hospiz "
     "Trauer Not Notfall Armut Wärme Kraft Mut Hoffnung Freude Glück Liebe Frieden Freiheit Zukunft "
     "Chance Chancen Zeit Jahr Monat Woche Tag Tage Stunde Morgen Abend Nacht Frühling Frühjahr Sommer "
     "Herbst Winter Weihnachten Advent Ostern Fest Feier Feste Januar Februar März April Mai Juni Juli "
     "August September Oktober November Dezember Montag Dienstag Mittwoch Donnerstag Freitag Samstag "
     "Sonnabend Sonntag Hand Hände Herz Kopf Fuß Auge Augen Ohr Stimme Idee Ideen Plan Ziel Start Anfang "
     "Ende Teil Teile Ganze Paket Kiste Tüte Tasche Sache Sachen Ding Technologie Angebot Vorschlag "
     "Wunsch Wünsche Bedarf Suche Verkauf Kauf Preis Wert Werbung Messe Stand Treffen Begegnung "
     "Integration Inklusion Teilhabe Vielfalt Toleranz Demokratie Politik Recht Gericht Polizei Feuerwehr "
     "Post Medien Zeitung Foto Grund Haupt Mittel Ober Unter Mitte Nord Süd Ost West Norden Süden Osten "
     "Westen Heimat Herberge Lager Tafel Garten Koch Köche Bäcker Maler Gärtner Schreiner Maurer Richter "
     "König Kaiser Bauer Jäger Fahrer Ritter Graf Fuchs Wolf Bär Hase Engel Ring Kranz Krone Kugel Punkt "
     "Linie Kette Kreuz Sohn Söhne Tochter Bruder Brüder Gebrüder Schwester Gebr Jugendhilfe "
     "Flüchtlingshilfe Wohnungslosenhilfe Obdachlosenhilfe Nachbarschaftshilfe Altenhilfe Suchthilfe "
     "Opferhilfe Krebshilfe Drogenhilfe Behindertenhilfe Pfarrei Pfarrgemeinde Diözese Bistum Evangelium "
     "Ministerium Rathaus Kreistag Grundschule Gymnasium Realschule Kindertagesstätte Kindergarten "
     "Sanierung Renovierung Handel Landschaft Haustechnik Heizung Solar Strom Energie Druck Daten Digital "
     "Kosmetik Mode Textil Optik Therapie Zahn Arzt Ärzte Pädagogik Sozial Caritativ Wirtschaft Finanzen "
     "Steuer Steuern Pro Aktiv"},
    {WORD_EVERYDAY | WORD_GERMAN,
     "klein klare groß große neu neue neuer neues alt lang kurz hoch tief weit nah gut gute besser schön "
     "stark schnell langsam jung schwarz weiß rot grün blau gelb braun grau bunt hell dunkel warm kalt "
     "frei offen offene sozial soziale sozialer soziales lokal regional international national deutsch "
     "deutsche deutscher deutsches französisch niederländisch europäisch evangelisch katholisch "
     "christlich freie freier freiwillig freiwillige gemeinsam gemeinsame zusammen miteinander "
     "füreinander aktiv mobil digital ökologisch nachhaltig grüne junge alte erste erster zweite dritte "
     "drei zwei eins vier fünf zehn hundert alle alles wir uns unser unsere ich du er sie es ja nein "
     "nicht mehr viel viele wenig kein jeder jede ganz gar pro contra plus bio öko integrativ inklusiv "
     "ehrenamtlich bürgerschaftlich städtisch kommunal staatlich öffentlich privat allgemein allgemeine "
     "allgemeiner kulturell"},
    /* what people do together, as compounds have it: Turnverein */
    {WORD_EVERYDAY | WORD_GERMAN, "turn wander schwimm ruder näh strick bastel sing lern lese krabbel"},
    {WORD_EVERYDAY | WORD_DUTCH,
     "kind kinderen jeugd jongeren jongere oudere ouderen senior senioren vrouw vrouwen man mannen meisje "
     "jongen gezin gezinnen ouder moeder vader mens mensen vluchteling vluchtelingen dakloze daklozen "
     "buurt buurtbewoners burger vriend vrienden gast gasten lid leden medewerker medewerkers "
     "vrijwillig vrijwillige vrijwilliger vrijwilligers leerling leerlingen student leraar bewoner bewoners wereld leven arbeid "
     "baan opleiding cursus taal muziek zang kunst cultuur sport voetbal tennis zwemmen roeien paard "
     "paarden rijden schaatsen dans spel spelen speelgoed natuur milieu klimaat dier dieren hond kat "
     "vogel boom bloem bloemen bos water vuur aarde lucht licht zon zonne maan ster sterren hemel "
     "regenboog regen sneeuw wind berg dal rivier zee eiland brug weg straat plein hof poort deur raam "
     "dak muur ruimte kamer keuken kelder podium zaal hal toren burcht kasteel molen haven schip boot "
     "anker ark vuurtoren auto bus trein fiets vrachtwagen voertuig vervoer verhuizing meubel meubels "
     "tafel tafels stoel stoelen bed kast kasten kleding kleren schoen schoenen deken zeep brood eten "
     "voedsel fruit groente melk koffie thee wijn bier papier boek boeken pen verf kwast printer computer "
     "laptop telefoon internet gereedschap machine hout metaal steen staal glas beton geld gift cadeau "
     "cadeautjes hulp helpen steun redding bescherming veiligheid gezondheid kanker rouw nood armoede "
     "warmte kracht moed hoop vreugde geluk liefde vrede vrijheid toekomst kans kansen tijd jaar maand "
     "week dag dagen uur ochtend avond nacht lente zomer herfst winter kerst pasen feest januari februari "
     "maart april mei juni juli augustus september oktober november december maandag dinsdag woensdag "
     "donderdag vrijdag zaterdag zondag hand handen hart hoofd voet oog ogen oor stem idee plan doel "
     "begin einde deel pakket kist tas ding aanbod aanvraag wens wensen zoek verkoop koop prijs waarde "
     "beurs beursvloer ontmoeting klein kleine groot grote nieuw nieuwe oud oude lang kort hoog diep ver "
     "goed goede beter mooi sterk snel jong jonge zwart wit rood groen groene blauw blauwe geel bruin "
     "grijs bont warm koud vrij open sociaal sociale lokaal nederlands nederlandse europees christelijk "
     "katholiek samen actief maatschappelijk maatschappelijke welzijn eerste tweede drie twee vier vijf "
     "tien alle alles wij ons onze ik jij hij zij ja nee niet meer veel weinig geen elk noord zuid oost "
     "west midden boven beneden koning prins bakker boer visser jager ridder graaf vos wolf beer haas "
     "engel kroon ring punt lijn ketting kruis zoon zonen dochter broer broers gebroeders zuster "
     "voedselbank kledingbank speelgoedbank zelf landgoed manege ijsbaan speelotheek speeltuin "
     "kinderopvang buurthuis dorpshuis wijkcentrum peuterspeelzaal dagbesteding tuin tuinen bij "
     "mantelzorg oranje muziekvereniging sportvereniging kwekerij bleek smit kuiper mol dijk kok slot "
     "heuvel veld land polder school peter scholten burg akker linde"},
    {WORD_EVERYDAY,
     "enfant enfants enfance jeune jeunes jeunesse senior seniors aîné aînés femme femmes homme hommes "
     "fille garçon famille familles parent parents mère père personne personnes gens réfugié réfugiés "
     "sans-abri voisin voisins quartier quartiers citoyen citoyens ami amis amie hôte membre membres "
     "salarié salariés collaborateur collaborateurs bénévole bénévoles volontaire volontaires élève "
     "élèves étudiant étudiants professeur résident résidents habitant habitants monde vie travail emploi "
     "métier formation cours langue français musique chant art arts culture sport football tennis "
     "natation aviron cheval danse jeu jeux jouet jouets nature environnement climat animal animaux chien "
     "chat oiseau arbre fleur fleurs bois forêt eau feu terre air lumière soleil lune étoile étoiles ciel "
     "arc pluie neige vent mont montagne val vallée rivière mer île pont chemin route rue place cour "
     "porte fenêtre toit mur salle salles chambre cuisine cave scène tour château moulin port bateau "
     "ancre arche phare voiture bus train vélo camion véhicule déménagement meuble meubles table tables "
     "chaise chaises lit armoire vêtement vêtements chaussure couverture savon pain repas aliment "
     "alimentaire fruit légume lait café thé vin bière papier livre livres stylo peinture pinceau "
     "imprimante ordinateur ordinateurs portable téléphone internet outil outils machine métal pierre "
     "acier verre béton argent don dons cadeau aide aider soutien secours protection sécurité santé "
     "cancer deuil pauvreté chaleur force courage espoir joie bonheur amour paix liberté avenir chance "
     "temps année an mois semaine jour jours journée heure matin soir nuit printemps été automne hiver "
     "noël pâques fête janvier février mars avril mai juin juillet août septembre octobre novembre "
     "décembre lundi mardi mercredi jeudi vendredi samedi dimanche main mains cœur tête pied œil yeux "
     "oreille voix idée projet but début fin part paquet caisse sac chose offre demande souhait recherche "
     "vente achat prix valeur salon rencontre rencontres insertion petit petite petits grand grande "
     "nouveau nouvelle vieux long court haut profond loin bon bonne mieux beau belle fort rapide noir "
     "blanc rouge vert verte bleu bleue jaune brun gris chaud froid libre ouvert social sociale solidaire "
     "solidaires solidarité local locale populaire national nationale européen chrétien catholique "
     "ensemble actif premier première deux trois quatre cinq dix tous tout toute nous notre nos je tu il "
     "elle ils oui non pas plus moins aucun chaque nord sud est ouest centre roi prince boulanger berger "
     "marchand meunier chevalier comte renard loup ours lièvre ange couronne anneau point ligne croix "
     "fils frère frères sœur sœurs banque urbain urbaine numérique accueil entraide partage espérance "
     "croix-rouge coup pouce cité saint sainte notre-dame france française humanitaire refuge restaurants "
     "lorraine roux marchal moreau"},
    {WORD_EVERYDAY,
     "park child children youth young people person senior seniors elderly woman women man men girl boy family "
     "families parent parents mother father refugee refugees homeless neighbour neighbours neighborhood "
     "citizen friend friends guest member members staff employee volunteer volunteers pupil student "
     "students teacher resident residents world life living work job training course language music "
     "singing art arts culture sport sports football tennis swimming rowing riding dance game games toy "
     "toys nature environment climate animal animals dog cat horse bird tree trees flower flowers wood "
     "woods forest water fire earth air light sun moon star stars sky rainbow rain snow wind hill "
     "mountain valley river sea lake island bridge way street place yard gate door window roof wall room "
     "rooms kitchen cellar stage hall tower castle mill port harbour ship boat anchor ark lighthouse car "
     "bus train bike bicycle truck van vehicle move furniture table tables chair chairs bed cupboard "
     "clothes clothing shoes blanket soap bread food fruit milk coffee tea wine beer paper book books pen "
     "paint brush printer computer computers laptop phone internet tool tools machine metal stone steel "
     "glass money gift gifts help helping support rescue protection safety health care cancer grief "
     "poverty warmth strength hope joy happiness love peace freedom future chance chances time year month "
     "week day days hour morning evening night spring summer autumn winter christmas easter party "
     "hand hands heart head foot feet eye eyes ear voice idea "
     "ideas plan goal start begin end part package box bag thing offer request wish search sale price "
     "value fair meeting little small big great grand new old long short high deep far good better "
     "beautiful strong fast black white red green blue yellow brown grey gray warm cold free open social "
     "local national british english european christian catholic together active first second three two "
     "four five ten all we our us i you he she it yes no not more much many few none every north south "
     "east west middle upper lower king prince baker cook smith miller carpenter hunter knight fox wolf "
     "bear hare angel crown ring point line chain cross son sons daughter brother brothers sister sisters "
     "against grace rose mark will max sunny faith page field ford banks brooks rivers bell best bright "
     "sharp swift bishop dean abbot saint royal public private general"},
    {WORD_EVERYDAY | WORD_GERMAN | WORD_DUTCH,
     "pc tv usb dvd cd led eu it wc edv ki hr rh pdf gps sms uno lkw pkw ngo ong vip fc sv tsv sc vfb vfl "
     "asv tus sg fsv djk mv svg sportclub kfz nl de fr en uk be lu rse csr"},
    /* everyday words that describe no kind: before one they make a name of their own */
    {WORD_IMAGE,
     "Sonne Sonnen Mond Stern Sterne Himmel Regenbogen Wärme Leuchtturm Turm Burg "
     "Schloss Mühle Anker Arche Insel Brücke Kranz Krone Engel Fuchs Wolf Bär Hase Mut "
     "Hoffnung Freude Glück Leben Linde zon zonne maan ster sterren hemel regenboog vuurtoren toren burcht "
     "kasteel molen ark eiland brug kroon beer haas vos moed hoop vreugde geluk"},
    {WORD_FIRST_NAME,
     "anna anne anja andrea angela angelika anita annette antje astrid barbara beate bettina birgit "
     "brigitte carla carmen carola charlotte christa christiane christina christine claudia cornelia "
     "daniela diana doris edith elena elfriede elisabeth elke ella emilia emma erika esther eva franziska "
     "frauke gabi gabriele gerda gertrud gisela gudrun hanna hannah hannelore heide heike helga ilse ines "
     "inge ingrid irene iris irmgard jana janina jasmin jessica johanna julia jutta karin karla katharina "
     "kathrin katja katrin kerstin klara lara laura lea lena leonie lina linda lisa luisa manuela "
     "margarete maria marianne marie marina marion marlene martha martina melanie mia michaela miriam "
     "monika nadine nadja natalie nicole nina olga patricia paula petra pia regina renate rita rosa ruth "
     "sabine sabrina sandra sara sarah silke silvia simone sofia sonja sophie stefanie stephanie susanne "
     "svenja sylvia tanja tatjana tina ulrike ursula ute vanessa vera veronika waltraud yvonne achim "
     "albert alexander alfred andreas anton armin arnold artur axel benjamin bernd bernhard bruno carl "
     "christian christoph claus daniel david dennis detlef dieter dietmar dirk dominik eberhard eckhard "
     "edgar elias emil erich ernst erwin eugen fabian felix ferdinand florian frank franz friedrich fritz "
     "georg gerd gerhard gregor günter günther gustav hans harald hartmut heiko heinrich heinz helmut "
     "henning herbert hermann holger horst hubert hugo ingo jakob jan jens joachim jochen johann johannes "
     "jonas jörg josef jürgen julian kai karl karsten kevin klaus konrad kurt lars leo leon lothar louis "
     "luca ludwig lukas manfred manuel marc marcel marco marcus mario markus martin matthias maximilian "
     "michael moritz norbert olaf oliver oskar otto pascal patrick paul peter philipp rainer ralf ralph "
     "reiner reinhard reinhold rené robert roland rolf rüdiger rudolf sascha sebastian siegfried simon "
     "stefan steffen stephan sven theo theodor thomas thorsten tim tobias tom torsten udo ulf ulrich uwe "
     "viktor volker walter werner wilhelm willi wolfgang fatima mohammed mehmet ali ahmed mustafa ayse "
     "annemarie anneke bianca bram bas bart cees daan els erik esmee femke fleur floor frits gerrit "
     "hendrik henk jaap jacob janneke jasper jeroen joke joost joris jos kees klaas lieke lotte maaike "
     "maarten marieke marijke marja marloes mieke niels nienke piet pieter rik ria roos ruud sanne saskia "
     "sjoerd sofie teun thijs tineke truus wil willem wim wouter yvette geert koen stijn luuk sander "
     "adèle agnès alain alice amélie andré antoine arnaud aurélie béatrice benoît bernard camille "
     "catherine cécile céline chantal chloé christelle christophe claire claude clément colette corinne "
     "damien danielle delphine denis denise didier dominique éléonore élise élodie émilie éric étienne "
     "fabien fabrice florence françois françoise frédéric gabriel gaston geneviève georges gérard "
     "ghislaine gilles guillaume guy hélène henri hervé hugues isabelle jacqueline jacques jean jeanne "
     "jérôme joseph josiane julie julien juliette karine laurence laurent léa louise luc lucie mathieu "
     "mathilde maurice maxime michel michèle mireille monique muriel nathalie nicolas odile olivier "
     "pascale patrice pauline philippe pierre quentin raphaël raymond régine rémi roger romain sébastien "
     "serge solange stéphane suzanne sylvain sylvie théo thérèse thierry valérie vincent virginie xavier "
     "yann yves alan amy andrew anthony ashley brian charles chris colin craig daisy deborah derek donald "
     "edward elizabeth emily ethan fiona fred gary george graham harriet harry helen henry ian jack james "
     "jane janet jason jennifer jenny jim joan joe john jonathan judith karen kate keith kelly kenneth "
     "leslie lily lucy malcolm margaret mary matthew megan nancy neil nigel olivia oscar pamela phil "
     "rachel rebecca richard rosie ryan sally sam samuel sean sharon shirley sophia stephen steve steven "
     "stuart susan ted teresa terry tracy victoria wendy william zoe"},
    /* kinds of which a town has one or two */
    {WORD_RARE_KIND,
     "tierheim tierschutzverein frauenhaus hospiz kinderhospiz moschee synagoge krankenhaus theater "
     "museum zoo tierpark sternwarte bahnhofsmission jugendherberge feuerwehr gefängnis "
     "justizvollzugsanstalt musikschule volkshochschule wärmestube tafel kleiderkammer "
     "mehrgenerationenhaus eishalle schwimmverein ruderclub reitverein segelverein sorgentelefon "
     "telefonseelsorge seemannsmission blindenverein gehörlosenverein kinderheim freibad hallenbad "
     "dierenasiel dierenopvang hospice moskee ziekenhuis dierentuin kinderboerderij voedselbank "
     "kledingbank speelgoedbank speelotheek ijsbaan manege muziekschool brandweer zwembad vrouwenopvang "
     "weggeefwinkel hôpital mosquée synagogue théâtre musée conservatoire refuge patinoire piscine "
     "caserne pompiers ressourcerie orphelinat médiathèque mosque theatre observatory lighthouse foodbank "
     "orphanage animalshelter soupkitchen banquealimentaire épiceriesociale centreéquestre"},
    {WORD_SUPERLATIVE,
     "einzige einziger einziges einzigen einzigem älteste ältester ältestes ältesten größte größter "
     "größtes größten kleinste kleinster kleinstes kleinsten bekannteste bekanntester bekanntesten "
     "traditionsreichste enige oudste grootste bekendste unieke seul seule unique only oldest largest "
     "biggest smallest sole"},
};
/* clang-format on */

/* Endings of the four languages, tried against the end of a folded word: genitive, plural, feminine; from
 * ADJECTIVE on adjectives, diminutives and what else makes another word. */
static const char *const ENDINGS[] = {"s",  "es",  "e",   "en",   "n",    "x",     "in",    "innen",
                                      "er", "ern", "ens", "em",   "ers",  "se",    "sen",   "nen",
                                      "je", "jes", "tje", "tjes", "sche", "schen", "scher", "sches"};

enum {
    ENDING_GENITIVE = 0,
    ENDING_ADJECTIVE = 8,
    STEM_MIN = 4,
    STEM_MIN_GENITIVE = 3,
    COMPOUND_PART_MIN = 3,
    COMPOUND_DEPTH = 2
};

bool words_stem(const char *word, size_t length, size_t index, size_t *stem)
{
    const char *ending;
    size_t cut;
    size_t least;

    *stem = length;
    if (index == 0)
        return true;
    if (index > sizeof ENDINGS / sizeof *ENDINGS)
        return false;
    ending = ENDINGS[index - 1];
    cut = strlen(ending);
    least = index == ENDING_GENITIVE + 1 ? STEM_MIN_GENITIVE : STEM_MIN;
    *stem = 0;
    if (length >= least + cut && memcmp(word + length - cut, ending, cut) == 0)
        *stem = length - cut;
    return true;
}

static unsigned flags_exact(const struct words *words, const char *word, size_t length)
{
    uint32_t flags = 0;
    size_t cursor = 0;

    multimap_next(words->flags, multimap_hash(word, length), &cursor, &flags);
    return flags;
}

/* The later endings come off adjectives only: Freier is frei, but Steiner is not Stein. */
unsigned words_flags(const struct words *words, const char *word, size_t length)
{
    size_t stem;

    for (size_t i = 0; words_stem(word, length, i, &stem); i++) {
        unsigned flags = stem > 0 ? flags_exact(words, word, stem) : 0;

        if (flags != 0 && (i <= ENDING_ADJECTIVE || !(flags & WORD_GERMAN_NOUN)))
            return flags;
    }
    return 0;
}

/* Is the word a chain of words of the table, all of one language (Sonne is German, winkel Dutch: Sonnenwinkel
 * is a name), with the linking letters German and Dutch put between them? An image before a kind makes a
 * name. */
static bool is_chain(const struct words *words, const char *word, size_t length, unsigned last,
                     unsigned languages, int depth)
{
    unsigned flags = words_flags(words, word, length);

    if ((flags & last) && (flags & languages) && !(flags & WORD_IMAGE))
        return true;
    if (depth == 0)
        return false;
    for (size_t cut = COMPOUND_PART_MIN; cut + COMPOUND_PART_MIN <= length; cut++) {
        unsigned tail = words_flags(words, word + cut, length - cut);

        if ((tail & last) && (tail & languages) &&
            is_chain(words, word, cut, WORD_COMMON, tail & languages, depth - 1))
            return true;
    }
    return false;
}

bool words_is_generic(const struct words *words, const char *word, size_t length)
{
    if (words_flags(words, word, length) & (WORD_COMMON | WORD_SUPERLATIVE))
        return true;
    return is_chain(words, word, length, WORD_HEAD, WORD_GERMAN | WORD_DUTCH, COMPOUND_DEPTH);
}

static bool add_row(struct words *words, unsigned flags, const char *row)
{
    struct reading *reading = NULL;
    bool ok;

    if (reading_create(row, strlen(row), &reading) != READING_OK)
        return false;
    ok = true;
    for (size_t i = 0; ok && i < reading->token_count; i++) {
        const struct token *token = &reading->tokens[i];
        unsigned own = token->capital ? flags : flags & ~(unsigned)WORD_GERMAN_NOUN;

        for (size_t f = 0; ok && f < token->fold_count; f++)
            ok = multimap_merge(words->flags, multimap_hash(token->folds[f].s, token->folds[f].length), own);
    }
    reading_destroy(reading);
    return ok;
}

struct words *words_create(void)
{
    struct words *words = calloc(1, sizeof *words);

    if (!words)
        return NULL;
    words->flags = multimap_create();
    if (!words->flags)
        goto fail;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        if (!add_row(words, TABLE[i].flags, TABLE[i].words))
            goto fail;
    return words;
fail:
    words_destroy(words);
    return NULL;
}

void words_destroy(struct words *words)
{
    if (!words)
        return;
    multimap_destroy(words->flags);
    free(words);
}
