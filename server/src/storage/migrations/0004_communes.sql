-- Official lists of territories. Frozen once applied: a change is a new file.

-- The communes of Morocco: codes, French and Arabic names, kind and population of 2024. Source: Haut-Commissariat au Plan
-- (Morocco), Recensement général de la population et de l'habitat 2024, CC BY 4.0. What shows them must credit the HCP.
CREATE TABLE commune (
    -- RR.PPP.CC.NN: text, since zeros matter.
    code       TEXT    PRIMARY KEY,
    name_fr    TEXT    NOT NULL,
    name_ar    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    province   TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('urban', 'rural')),
    -- NULL where the list does not say.
    population INTEGER CHECK (population >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX commune_province ON commune (province);
