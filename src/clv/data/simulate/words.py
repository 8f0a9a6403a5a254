"""Words that people, places and firms of the simulated company are made of, the most frequent first."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A city with its region, its share of the people and the first digits of its postal codes."""

    name: str
    region: str
    share: float
    postal: int


CITIES = (
    City("Santiago", "Metropolitana", 0.26, 832),
    City("Puente Alto", "Metropolitana", 0.11, 815),
    City("Maipú", "Metropolitana", 0.10, 925),
    City("Valparaíso", "Valparaíso", 0.09, 234),
    City("Viña del Mar", "Valparaíso", 0.09, 252),
    City("Concepción", "Biobío", 0.09, 403),
    City("La Serena", "Coquimbo", 0.06, 170),
    City("Antofagasta", "Antofagasta", 0.06, 124),
    City("Temuco", "La Araucanía", 0.05, 478),
    City("Rancagua", "O’Higgins", 0.04, 282),
    City("Puerto Montt", "Los Lagos", 0.03, 548),
    City("Chillán", "Ñuble", 0.02, 378),
)

# given name: what those who know the person write
WOMEN = {
    "María": "Mari", "Carolina": "Caro", "Francisca": "Pancha", "Daniela": "Dani", "Camila": "Cami",
    "Javiera": "Javi", "Constanza": "Coni", "Valentina": "Vale", "Catalina": "Cata", "Fernanda": "Feña",
    "Claudia": "Clau", "Patricia": "Pati", "Andrea": "Andreíta", "Marcela": "Chela", "Verónica": "Vero",
    "Paola": "Pao", "Alejandra": "Ale", "Isabel": "Chabela", "Rosa": "Rosita", "Carmen": "Carmencha",
    "Josefina": "Jose", "Antonia": "Toña", "Macarena": "Maca", "Gabriela": "Gabi", "Bárbara": "Barbi",
    "Ximena": "Xime", "Lorena": "Lore", "Mónica": "Moni", "Soledad": "Sole", "Pilar": "Pili",
    "Teresa": "Tere", "Cecilia": "Ceci", "Margarita": "Maggie", "Beatriz": "Bea", "Ángela": "Angelita",
    "Rocío": "Chío", "Natalia": "Nati", "Victoria": "Vicky", "Elena": "Nena", "Begoña": "Bego",
}  # fmt: skip
MEN = {
    "José": "Pepe", "Juan": "Juanito", "Luis": "Lucho", "Carlos": "Charly", "Francisco": "Pancho",
    "Jorge": "Coke", "Manuel": "Manolo", "Cristián": "Cris", "Sebastián": "Seba", "Felipe": "Pipe",
    "Matías": "Mati", "Nicolás": "Nico", "Diego": "Dieguito", "Ignacio": "Nacho", "Rodrigo": "Rodri",
    "Pablo": "Pablito", "Andrés": "Andi", "Álvaro": "Alvarito", "Gonzalo": "Gonza", "Eduardo": "Lalo",
    "Ricardo": "Richi", "Roberto": "Beto", "Fernando": "Nano", "Alejandro": "Jano", "Vicente": "Vicho",
    "Benjamín": "Benja", "Tomás": "Tomi", "Martín": "Tincho", "Joaquín": "Joaco", "Rafael": "Rafa",
    "Héctor": "Tito", "Sergio": "Checho", "Raúl": "Rulo", "Óscar": "Cacho", "Iván": "Ivancho",
    "Patricio": "Pato", "Jaime": "Jimmy", "Hernán": "Nancho", "Marcelo": "Chelo", "Agustín": "Cucho",
}  # fmt: skip
SURNAMES = (
    "González", "Muñoz", "Rojas", "Díaz", "Pérez", "Soto", "Contreras", "Silva", "Martínez", "Sepúlveda", "Morales",
    "Rodríguez", "López", "Fuentes", "Hernández", "Torres", "Araya", "Flores", "Espinoza", "Valenzuela", "Castillo",
    "Tapia", "Reyes", "Gutiérrez", "Castro", "Pizarro", "Álvarez", "Vásquez", "Sánchez", "Fernández", "Ramírez",
    "Carrasco", "Gómez", "Cortés", "Herrera", "Núñez", "Jara", "Vergara", "Rivera", "Figueroa", "Riquelme", "García",
    "Miranda", "Bravo", "Vera", "Molina", "Vega", "Campos", "Sandoval", "Orellana", "Cárdenas", "Olivares", "Alarcón",
    "Gallardo", "Ortiz", "Garrido", "Salazar", "Guzmán", "Henríquez", "Saavedra", "Navarro", "Aguilera", "Parra",
    "Romero", "Aravena", "Vargas", "Vidal", "Peña", "Zúñiga", "Poblete", "Escobar", "Medina", "Moreno", "Leiva",
    "Maldonado", "Farías", "Toro", "Acuña", "Ruiz", "Salinas", "Bustos", "Méndez", "Venegas", "Ibáñez", "Donoso",
    "Cáceres", "Pino", "Bustamante", "Lagos", "Ponce", "Yáñez", "Mora", "Ávila", "Correa", "Arancibia", "Cerda",
    "Oyarzún", "Inostroza", "Lara", "Villalobos", "Urrutia", "Opazo", "Barra", "Becerra", "Palma", "Quezada",
    "Mardones", "Barría", "Montero", "Cifuentes", "Bahamondes", "Ulloa", "Arriagada", "Catalán", "Ñancupil",
    "Aguirre", "Undurraga", "Errázuriz", "Larraín", "Irarrázaval", "Goycoolea", "Etchegaray", "Schmidt", "Müller",
    "Huenchumilla", "Quilodrán", "Zamorano", "Iturriaga", "Echeverría", "Lizama", "Manríquez", "Norambuena",
    "Ossandón", "Pacheco", "Quintana", "Rebolledo", "Santibáñez", "Troncoso", "de la Fuente", "del Río", "de la Cruz",
    "de la Barra", "del Solar", "San Martín", "de los Reyes", "Santa Cruz", "de la Vega", "del Campo",
    "Ruiz de Gamboa", "Ortiz de Zárate", "Ponce de León", "Fernández de Castro", "García y Huidobro", "Pérez de Arce",
    "Valdés y Vives", "de Ferrari",
)  # fmt: skip
STREETS = (
    "Av. Libertador Bernardo O’Higgins", "Calle Los Aromos", "Pasaje El Quillay", "Av. Pedro de Valdivia",
    "Calle Arturo Prat", "Av. Irarrázaval", "Calle Manuel Rodríguez", "Pasaje Las Camelias", "Av. La Florida",
    "Calle Freire", "Calle Colón", "Av. España", "Calle Balmaceda", "Pasaje Los Copihues", "Av. Vicuña Mackenna",
    "Calle Esmeralda", "Calle San Martín", "Av. Alemania", "Camino a Melipilla", "Calle Maipú", "Pasaje Río Ñuble",
    "Av. Argentina", "Calle Condell", "Calle Lautaro", "Av. Los Carrera", "Calle Serrano", "Pasaje Santa Inés",
    "Av. Francisco Bilbao", "Calle Bulnes", "Calle Barros Arana",
)  # fmt: skip
MAIL_DOMAINS = ("gmail.com", "hotmail.com", "yahoo.es", "outlook.cl", "vtr.net")
FIRM_KINDS = (
    "Comercial", "Constructora", "Ferretería", "Inmobiliaria", "Transportes", "Servicios", "Importadora",
    "Distribuidora", "Clínica", "Hotel", "Restaurante", "Panadería", "Colegio", "Agrícola", "Viña",
)  # fmt: skip
FIRM_NAMES = (
    "Los Andes", "del Pacífico", "Ñandú", "Cordillera", "San José", "El Roble", "Aconcagua", "Austral", "Santa Elena",
    "Los Boldos", "La Estrella", "Nueva Era", "Puerto Claro", "Valle Central", "El Cóndor", "Tres Hermanos",
    "Altamira", "Bellavista", "Rucalemu", "Pudahuel",
)  # fmt: skip
LEGAL_FORMS = ("S.A.", "SpA", "Ltda.", "E.I.R.L.", "y Cía. Ltda.")
LEGAL_FORMS_LONG = ("Sociedad Anónima", "S.p.A.", "Limitada", "EIRL", "y Compañía Limitada")
SELLERS = tuple(f"Vendedor {number:02d}" for number in range(1, 13))

PRAISE = (
    "Todo llegó bien y rápido", "Muy buena atención", "Volveré a comprar", "Buenos precios", "Sin problemas",
    "Excelente servicio, gracias",
)  # fmt: skip
BLAME = (
    "El pedido llegó tarde y nadie respondió", "Me cobraron dos veces", "El producto no funciona",
    "No resolvieron mi reclamo", "Mala atención", "Nunca contestan el teléfono",
)  # fmt: skip
NEUTRAL = ("Regular", "Podría ser mejor", "Demoró un poco", "Normal")
