"""Short names that are not the beginning of the name they stand for, or that stand for several."""

from __future__ import annotations

from typing import Final

_SPANISH = """
ale: alejandra alejandro alexis|alex: alejandro alejandra alexander alexandra alexis|beto: roberto alberto humberto
bea: beatriz|bego: begona|caco: carlos|cata: catalina|charo: rosario|charly: carlos|chabela: isabel|chayo: rosario
checho: sergio|chelo: marcelo consuelo|chela: marcela graciela|chema: jose|chepe: jose|chico: francisco|chio: rocio
chuy: jesus|chucho: jesus|coke: jorge|concha: concepcion|conchita: concepcion|coni: constanza|cote: jose
cucho: agustin|curro: francisco|edu: eduardo|fer: fernando fernanda|feli: felipe felisa|fico: federico
fran: francisco francisca|fina: josefina|gabo: gabriel|gabi: gabriela gabriel|gonza: gonzalo|goyo: gregorio
guille: guillermo guillermina|isa: isabel|jano: alejandro|javi: javier javiera|joaco: joaquin|jose: josefina
juancho: juan|juanma: juan|kike: enrique|quique: enrique|lalo: eduardo gonzalo|lito: carlos angel
mari: maria mariana marisol|fena: fernanda|andi: andres|lore: lorena|tomi: tomas|lola: dolores|lole: dolores
loli: dolores|lucho: luis|lucha: lucia luisa|lupe: guadalupe|lupita: guadalupe|maca: macarena|manolo: manuel
manu: manuel manuela|maite: maria|marisa: maria|maricarmen: maria carmen|maruja: maria|maru: maria
mabel: maria isabel|memo: guillermo|menchu: carmen|meche: mercedes|merche: mercedes|moncho: ramon|monchi: ramon
moni: monica|nacho: ignacio|nacha: ignacia|nando: fernando hernando|nano: fernando hernan|nancho: hernan
nena: elena magdalena|nene: elena|nico: nicolas|nita: ana|paco: francisco|paca: francisca|pacho: francisco
pancho: francisco|pancha: francisca|pato: patricio patricia|paty: patricia|pati: patricia|pepa: josefa|pepe: jose
pepito: jose|perico: pedro|pili: pilar|pipe: felipe|pola: paola|polo: leopoldo|pocho: alfonso|quica: francisca
queta: enriqueta|rafa: rafael rafaela|richi: ricardo|rulo: raul|cacho: oscar|santi: santiago|sole: soledad
susi: susana|tete: teresa|tere: teresa|tincho: martin|tito: hector alberto ernesto roberto|tita: teresa
tono: antonio|tona: antonia|toni: antonio|tonia: antonia|trini: trinidad|vicho: vicente|vicky: victoria
xavi: javier xavier|yoli: yolanda|yoyo: jorge gloria|maggie: margarita|jimmy: jaime|nati: natalia|lili: liliana
"""
_ENGLISH = """
abby: abigail|al: albert alan alfred|allie: alison alice|andy: andrew andrea|angie: angela|barb: barbara
becky: rebecca|bella: isabella|bert: albert robert herbert|bess: elizabeth|beth: elizabeth bethany|betsy: elizabeth
betty: elizabeth|bill: william|billy: william|bob: robert|bobby: robert|cathy: catherine|charlie: charles charlotte
chuck: charles|cindy: cynthia|dave: david|deb: deborah|debbie: deborah|dick: richard|dot: dorothy
ed: edward edwin edmund|eddie: edward|ellie: eleanor elizabeth|fred: frederick alfred|gene: eugene|gerry: gerald
ginny: virginia|hank: henry|harry: harold henry|jack: john jackson|jackie: jacqueline|jerry: gerald jeremy jerome
jim: james|jimmy: james|jo: joanne josephine|joe: joseph|johnny: john|kate: catherine katherine kathryn
kathy: katherine kathleen catherine|katie: katherine catherine kathryn|kit: christopher katherine|larry: lawrence
len: leonard|liz: elizabeth|lizzie: elizabeth|lou: louis louise|maggie: margaret|meg: margaret megan|mick: michael
mike: michael|mickey: michael|molly: mary|nan: nancy ann|ned: edward|nell: eleanor|nick: nicholas
nicky: nicholas nicole|patty: patricia|peg: margaret|peggy: margaret|penny: penelope|polly: mary
rick: richard frederick eric|rob: robert|ron: ronald|sally: sarah|sandy: alexander sandra|steve: steven stephen
sue: susan suzanne|ted: edward theodore|terry: terence theresa|tess: theresa|tony: anthony|trish: patricia
vicky: victoria|wendy: gwendolyn|will: william|zack: zachary
"""


def _table(*texts: str) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for entry in "|".join("|".join(text.strip().splitlines()) for text in texts).split("|"):
        short, _, names = entry.partition(":")
        table[short.strip()] = (*table.get(short.strip(), ()), *names.split())
    return table


NICKNAMES: Final = _table(_SPANISH, _ENGLISH)
"""Short name: the given names for which it may stand, all without accents. Spanish and English."""


def stands_for(name: str) -> tuple[str, ...]:
    """Return the given names for which a short one or a diminutive may stand.

    >>> stands_for("nacho"), stands_for("juanito")
    (('ignacio',), ('juan', 'juano'))
    >>> stands_for("rosita"), stands_for("dieguito")
    (('rosa', 'ros'), ('dieg', 'diego'))
    """
    known = NICKNAMES.get(name, ())
    if len(name) >= 6 and name.endswith(("cho", "cha")):
        known = (*known, name[:-3])
    for ending, letter in (("ito", "o"), ("ita", "a")):
        if name.endswith(ending) and len(name) >= 6:
            stem = name.removesuffix(ending)
            stem = stem.removesuffix("c") if len(stem) > 4 else stem
            stem = stem[:-2] + {"gu": "g", "qu": "c"}.get(stem[-2:], stem[-2:])  # diego, dieguito; paco, paquito
            known = (*known, *((stem, stem + letter) if letter == "o" else (stem + letter, stem)))
    return known
