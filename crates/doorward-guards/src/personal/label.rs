//! Labels: the words beside a value, or the name of its field, that say what it is.

use std::ops::Range;

use aho_corasick::{AhoCorasick, BuildError, MatchKind};

use super::limits::{LABEL_AFTER, LABEL_BEFORE};

/// What labels say, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Labels(u32);

impl Labels {
    pub(super) const NONE: Self = Self(0);
    pub(super) const IDENTITY: Self = Self(1);
    pub(super) const DOCUMENT: Self = Self(1 << 1);
    pub(super) const LICENCE: Self = Self(1 << 2);
    pub(super) const HEALTH: Self = Self(1 << 3);
    pub(super) const VEHICLE: Self = Self(1 << 4);
    pub(super) const BANK: Self = Self(1 << 5);
    pub(super) const CARD: Self = Self(1 << 6);
    pub(super) const PHONE: Self = Self(1 << 7);
    pub(super) const BUSINESS: Self = Self(1 << 8);
    pub(super) const NETWORK: Self = Self(1 << 9);
    pub(super) const WALLET: Self = Self(1 << 10);
    pub(super) const BIRTH: Self = Self(1 << 11);
    pub(super) const ADDRESS: Self = Self(1 << 12);
    pub(super) const VOTER: Self = Self(1 << 13);
    /// It is something else: an order, a version, a time.
    pub(super) const OTHER: Self = Self(1 << 14);
    /// The number of a patient's record, and of nothing else of his.
    pub(super) const RECORD: Self = Self(1 << 15);
    /// The number of an account, not what an account is called.
    pub(super) const ACCOUNT: Self = Self(1 << 16);
    pub(super) const POSTAL: Self = Self(1 << 17);
    /// A licence to drive, not one of software.
    pub(super) const DRIVER: Self = Self(1 << 18);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Finds labels in texts.
#[derive(Debug)]
pub(super) struct Reader {
    words: AhoCorasick,
    /// What the pattern of the same number says, and whether more letters may follow it.
    meanings: Vec<(Labels, Ending)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Whole,
    Open,
}

/// What stands around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Around {
    /// Everything that the labels in reach say.
    pub(super) said: Labels,
    /// What the nearest says.
    pub(super) nearest: Labels,
}

impl Around {
    /// Whether what is nearest says that it is something else.
    pub(super) const fn is_other(self) -> bool {
        self.nearest.meets(Labels::OTHER)
    }
}

impl Reader {
    pub(super) fn new() -> Result<Self, BuildError> {
        let mut patterns = Vec::new();
        let mut meanings = Vec::new();
        for (labels, words) in VOCABULARY {
            for word in words.split(',') {
                let (word, ending) = word.strip_suffix('*').map_or((word, Ending::Whole), |word| (word, Ending::Open));
                let joints: &[&str] = if word.contains(' ') { &[" ", "_", "-", ""] } else { &[""] };
                for joint in joints {
                    patterns.push(word.replace(' ', joint));
                    meanings.push((*labels, ending));
                }
            }
        }
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)?;
        Ok(Self { words, meanings })
    }

    /// What the name of a field says.
    pub(super) fn of_name(&self, name: &[u8]) -> Labels {
        let name = name.get(..name.len().min(LABEL_BEFORE)).unwrap_or(name);
        self.hits(name).fold(Labels::NONE, |said, (_, labels)| said.and(labels))
    }

    /// What is said around the bytes `at` of a text: before them in the same sentence, line or member, or right after.
    pub(super) fn around(&self, text: &[u8], at: &Range<usize>) -> Around {
        let before = text.get(at.start.saturating_sub(LABEL_BEFORE)..at.start).unwrap_or_default();
        let before = before.get(cut(before)..).unwrap_or_default();
        let mut around = Around::default();
        for (_, labels) in self.hits(before) {
            around.said = around.said.and(labels);
            around.nearest = labels;
        }
        let after = text.get(at.end..text.len().min(at.end + LABEL_AFTER)).unwrap_or_default();
        let ends = after.iter().position(|byte| b"\"',:;\n{}[]<>|=".contains(byte)).unwrap_or(after.len());
        for (range, labels) in self.hits(after.get(..ends).unwrap_or_default()) {
            around.said = around.said.and(labels);
            // Right after it a word is nearer than most before it.
            if range.start <= 1 && labels.meets(Labels::OTHER) && around.nearest == Labels::NONE {
                around.nearest = labels;
            }
        }
        around
    }

    fn hits<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (Range<usize>, Labels)> + 't {
        self.words.find_iter(text).filter_map(|found| {
            let (labels, ending) = self.meanings.get(found.pattern().as_usize())?;
            let first = *text.get(found.start())?;
            let before = found.start().checked_sub(1).and_then(|at| text.get(at)).copied();
            let starts = before.is_none_or(|before| !before.is_ascii_alphanumeric() || is_hump(before, first));
            let last = *text.get(found.end().checked_sub(1)?)?;
            let after = text.get(found.end()).copied();
            let ends = *ending == Ending::Open
                || after.is_none_or(|after| !after.is_ascii_alphabetic() || is_hump(last, after) || after == b's');
            (starts && ends).then(|| (found.range(), *labels))
        })
    }
}

/// Where `camelCase` begins a new word.
const fn is_hump(before: u8, after: u8) -> bool {
    before.is_ascii_lowercase() && after.is_ascii_uppercase()
}

/// Where the part of `before` begins that can speak of what follows: after the last end of a line, an object or a sentence, but
/// a label may stand on a line of its own.
fn cut(before: &[u8]) -> usize {
    // So may it in the cell before.
    let between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'|';
    let trimmed = before.iter().rposition(|byte| !between(byte)).map_or(0, |at| at + 1);
    let head = before.get(..trimmed).unwrap_or_default();
    let hard = head.iter().rposition(|byte| b"\n{};|".contains(byte)).map_or(0, |at| at + 1);
    let member = head.windows(2).rposition(|pair| matches!(pair, b",\"" | b", ")).map_or(0, |at| at + 1);
    // A comma ends a member of JSON; in prose it does not end what was said before a list.
    let quoted = head.get(member..).is_some_and(|rest| rest.contains(&b'"') || rest.contains(&b'='));
    if quoted { hard.max(member) } else { hard }
}

/// Words in lower case, apart by commas; a blank stands for any way of writing two words; a star lets more letters follow.
const VOCABULARY: &[(Labels, &str)] = &[
    (
        Labels::IDENTITY,
        "ssn,social security,social insurance,sin,nas,national insurance,nino,national id,national identity,\
         national identification,identity number,identification number,identification no,id number,id no,id nr,\
         personal number,personal id,personal code,personal identity,personal identification,citizen,citizens,\
         resident registration,resident id,resident number,permanent resident,rrn,frn,foreigner,alien registration,tax id,\
         tax number,tax no,tax file,taxpayer,tax payer,tax identification,tin,tfn,itin,steuer*,idnr,st.-nr,utr,pesel,\
         personnummer,personnr,pnr,samordningsnummer,henkilötunnus,henkilo*,henkilö*,hetu,fødselsnummer,fodselsnummer,cpr,\
         dni,nie,nif,cpf,rfc,curp,rut,cuit,cuil,codice fiscale,codicefiscale,fiscal code,bsn,burgerservice*,sofi,\
         rijksregister*,registre national,niss,insz,nir,sécurité sociale,securite sociale,ahv*,avs,svnr,\
         sozialversicherung*,rvnr,rentenversicherung*,aadhaar,aadhar,uidai,pan,pan card,permanent account,kimlik*,tckn,\
         turkish id,thai national id,thai id,tnin,id code,ประชาชน,주민등록번호,주민번호,외국인등록번호,my number,マイナンバー,個人番号,身份证,身份證,nric,\
         fin,mykad,hkid,cnp,egn,jmbg,oib,emso,emšo,amka,pps,ppsn,pps number,rodné číslo,rodne cislo,birth number,\
         isikukood,asmens kodas,personas kods,south african id,rsa id,sa id,nin,bvn,emirates id,teudat zehut,\
         israeli id,bir,clave única,clave unica,identificación,identificacion,extranjero,refugee id,kişi*,govt id,\
         government id,national number,national register,numéro national,numero national,tax code,citizen service,\
         social number,ssn last",
    ),
    (
        Labels::DOCUMENT,
        "passport*,passeport,pasaporte,passaporto,paszport,reisepass*,pass-nr,passnummer,pass nr,travel document,여권*,\
         паспорт*,id card,identity card,identity document,document number,document no,personalausweis*,ausweis*,\
         carta d'identità,carta identità,carta identita,cni,carte d'identité,cédula,cedula,dowód,护照,護照,旅券,\
         certificate number,certificate no",
    ),
    (
        Labels::DRIVER.and(Labels::LICENCE),
        "driver license,driver licence,drivers license,drivers licence,driver's license,driver's licence,driving licence,\
         driving license,dl no,dl number,führerschein*,fuehrerschein*,fahrerlaubnis,permis de conduire,rijbewijs,\
         운전면허*,carnet de conducir",
    ),
    (Labels::LICENCE, "license number,licence number,license no,licence no,license,licence,dl,patente,dea,dea number"),
    (
        Labels::HEALTH,
        "nhs,nhs number,medicare,medicaid,mbi,npi,provider,patient,patients,health insurance,health card,health number,\
         insurance number,insured,krankenkasse*,krankenversich*,kvnr,egk*,versicherten*,arzt,praxis,beneficiary",
    ),
    (
        Labels::HEALTH.and(Labels::RECORD),
        "mrn,medical record,medical record number,medical record no,patient id,patient number,patient no,patient nr,\
         patientennummer,bsnr,betriebsstätten*,lanr,arztnummer,chart number,chart no,health record,hospital number,\
         medical id",
    ),
    (
        Labels::VEHICLE,
        "license plate,licence plate,number plate,plate number,plate,plates,vehicle,vehicles,car reg,registration,reg no,\
         kennzeichen*,plaka*,matrícula,matricula,targa,immatriculation,vehicle reg,rego,fahrzeug",
    ),
    (
        Labels::BANK,
        "account,accounts,konto,routing,routing number,aba,sort code,swift,bic,iban,\
         bank,cuenta,compte,rib,refund",
    ),
    (
        Labels::BANK.and(Labels::ACCOUNT),
        "account number,account no,account nr,acct,acct no,acct number,bank account,bank account number,kontonummer,\
         konto nr,bankkonto,checking account,savings account,numéro de compte,número de cuenta,bank number",
    ),
    (
        Labels::CARD,
        "card,cards,credit card,debit card,card number,card no,cc,ccnum,pan,kreditkarte*,kartennummer,carte,tarjeta,kaart*,\
         visa,mastercard,amex,american express,payment",
    ),
    (
        Labels::PHONE,
        "phone*,telephone*,tel,tel.,telno,mobile,mobile no,mobile number,mob,cell,cellphone,cell number,call,dial,fax,whatsapp,\
         sms,contact,contact number,contact no,telefon*,telepono*,cep no,handy,handynummer,rufnummer,téléphone,portable,teléfono,móvil,movil,\
         celular,cellulare,telefoon*,mobiel*,puhelin*,telefone,numero,numara*,전화*,電話*,电话*,reach me,text me,msisdn",
    ),
    (
        Labels::BUSINESS,
        "vat,vat id,vat number,vat no,ust-idnr,ust-id*,ustid*,umsatzsteuer*,gst,gstin,gstins,company number,company id,\
         company identity,company registration,orgnr,orgnummer,organisationsnummer,handelsregister*,amtsgericht,\
         registergericht,eingetragen,hrb,brn,business registration,business number,사업자등록번호,uen,abn,acn,ein,\
         employer identification,cnpj,siren,siret,partita iva,p.iva,piva,kvk,crn,y-tunnus,business id",
    ),
    (
        Labels::NETWORK,
        "ip,ips,ip address,ipv4,ipv6,ipaddr,remote addr,client ip,host,hosts,server,x-forwarded-for,subnet,gateway,\
         mac,macs,mac address,hardware address,ethernet",
    ),
    (Labels::WALLET, "wallet*,btc,bitcoin,eth,ethereum,crypto*,litecoin"),
    (
        Labels::BIRTH,
        "birth,birthday,birthdate,birth date,date of birth,born,dob,geboren*,geburts*,naissance,né le,née le,nacimiento,\
         nacido,nacida,nascita,nascimento,geboortedatum,urodzenia,syntymäaika,födelsedatum,生年月日,出生日期,생년월일",
    ),
    (
        Labels::ADDRESS,
        "address*,street,adresse,anschrift,ship to,shipping,billing,\
         lives at,live at,residence,dirección,direccion,indirizzo,adres,send to,deliver to,mail to",
    ),
    (
        Labels::ADDRESS.and(Labels::POSTAL),
        "postcode,post code,postal,postal code,zip,zip code,plz,postleitzahl,code postal,código postal,codigo postal,cap",
    ),
    (Labels::VOTER, "voter*,vote,epic,electoral"),
    (
        Labels::OTHER,
        "order*,sku,epoch,time,timestamp,version,ver,build,builds,commit,ticket,tracking,isbn,issn,ean,upc,gtin,invoice*,orcid,\
         doi,trace,request,session,ratio,took,lat,lon,lng,latitude,longitude,hash,sha,sha1,sha256,md5,uuid,guid,port,\
         serial,lot,batch,revision,rev,release,released,firmware,size,bytes,count,total,page,price,amount,elapsed,\
         duration,ms,nonce,seed,offset,checksum,etag,pid,part number,item,product,article,asin,job,issue,bug,transaction,\
         txn,txid,reference,ref,parcel,cookie,message id,channel,object id,snowflake,points,score,seconds,milliseconds,\
         populated,population,pixels,px,line,step,steps,port,row,rows,index,loss,oid",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, value: &str) -> Around {
        let start = text.find(value).unwrap();
        Reader::new().unwrap().around(text.as_bytes(), &(start..start + value.len()))
    }

    #[test]
    fn a_label_is_seen_before_and_after_and_however_it_is_written() {
        for text in ["SSN: 1", "ssn=1", r#"{"socialSecurity":"1"}"#, "social_security_no 1", "1 is my ssn", "SSN:\n1"] {
            assert!(said(text, "1").said.meets(Labels::IDENTITY), "{text}");
        }
    }

    #[test]
    fn part_of_a_word_and_what_is_said_of_something_else_is_no_label() {
        for text in ["assn 1", "using 1", r#"{"ssn":"2","n":"1"}"#, "ssn x; 1", "ssn\nother 1", r#""1","ssn":"2""#] {
            assert!(!said(text, "1").said.meets(Labels::IDENTITY), "{text}");
        }
    }

    #[test]
    fn the_nearest_label_tells_that_it_is_something_else() {
        assert!(said("card order 1", "1").is_other());
        assert!(!said("order card 1", "1").is_other());
        assert!(said("1 ms", "1").is_other());
    }
}
