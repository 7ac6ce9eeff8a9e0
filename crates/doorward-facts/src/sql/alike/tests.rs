//! All dialects together are the measure: what is read once must be what they all say.

use proptest::prelude::*;
use sqlparser::dialect::PostgreSqlDialect;

use super::*;
use crate::sql::{Dialect, in_all, in_one, of};

const ALIKE: &[&str] = &[
    "select * from orders",
    "SELECT a, b FROM Orders WHERE a = 1 AND b = 2;",
    "select distinct o.id as nr, name from shop.orders as o where region = 'EU (west)' limit 10 offset 20",
    "select count(*), max(o.total) from orders o group by o.customer order by count(distinct a) desc, b asc",
    "select a from t left outer join u on t.a = u.a inner join w x on (x.a <> u.a or x.b is not null) where ((a >= 1.5))",
    "select a from t\nwhere a not in (1, 'x') and b between 1 and 2 or c not like '%x_' and lower(d) != 'e'",
    "insert into t values (1, 'x'), (null, true)",
    "insert into t (a, status) values (1, '--;/*')",
    "update s.t set a = 'x', name = null where id = 5",
    "update t set a = 1",
    "delete from t where a = 1",
    "delete from t",
];

/// Each is one step away from what is alike, and most are read in two ways somewhere.
const NEAR_MISSES: &[&str] = &[
    "",
    "select",
    "select 1",
    "select a",
    "select a from t -- x",
    "select a from t /* x */",
    "select a from t # x",
    "select a from t; select b from u",
    "select a from t;;",
    "select a from \"t\"",
    "select a from `t`",
    "select a from [t]",
    "select a from t where b = \"c\"",
    "select a from t where b = 'it''s'",
    "select a from t where b = 'x\\'",
    "select a from t where b = 'x' 'y'",
    "select a from t where b = 'x'\n'y'",
    "select a from t where b = 'é'",
    "select a from t where b = 'x\ny'",
    "select a from t where b = N'x'",
    "select a from t where b = E'x'",
    "select a from t where b = x'41'",
    "select a from t where b = _utf8'x'",
    "select a from t where b = _utf8 'x'",
    "select a from t where b = date '2020-01-01'",
    "select a from t where b = foo 'x'",
    "select a from t where b = 'x'c",
    "select a 'x' from t",
    "select a b from t",
    "select a as 'x' from t",
    "select a as select from t",
    "select é from t",
    "select a from t where b = 0x41",
    "select a from t where b = 1e5",
    "select a from t where b = 1.",
    "select a from t where b = .5",
    "select a from t where b = 1.2.3",
    "select a from t where b = -1",
    "select a from t where b =- 1",
    "select a from t where b = 1and c = 2",
    "select 1a from t",
    "select a.1b from t",
    "select a$b from t",
    "select a . b from t",
    "select a.b.c from t",
    "select a. from t",
    "select _a from t",
    "select @a from t",
    "select :a from t",
    "select ? from t",
    "select $1 from t",
    "select a from t where b = $$x$$",
    "select a from t where b == 1",
    "select a from t where b <=> 1",
    "select a from t where b =* 1",
    "select a from t where b !< 1",
    "select a from t where b || 'x' = c",
    "select a from t where b && c",
    "select a from t where b -> 'x' = 1",
    "select a from t where b::int = 1",
    "select a from t where not b = 1",
    "select a from t where b",
    "select a from t where b = 1 xor c = 2",
    "select a from t where b rlike 'x'",
    "select a from t where b ilike 'x'",
    "select a from t where b glob 'x'",
    "select a from t where b like 'x' escape '!'",
    "select a from t where b in (select c from u)",
    "select a from t where b in ()",
    "select a from t where (b, c) = (1, 2)",
    "select a from t where b = current_user",
    "select a from t where b div 2 = 1",
    "select user from t",
    "select a from user",
    "select a from id",
    "select key from t",
    "select name.a from t",
    "select sleep(1) from t",
    "select load_file('x') from t",
    "select count(1) from t",
    "select count(a, b) from t",
    "select count(lower(a)) from t",
    "select count(*) over () from t",
    "select s.count(*) from t",
    "select xmlparse(document a) from t",
    "select *, a from t",
    "select t.* from t",
    "select a into u from t",
    "select a into outfile '/x' from t",
    "select a from only t",
    "select a from t, u",
    "select a from t union select b from u",
    "select a from t natural join u",
    "select a from t join u using (a)",
    "select a from t cross join u",
    "select a from t full join u on t.a = u.a",
    "select a from t straight_join u on t.a = u.a",
    "select a from t left u on t.a = u.a",
    "select a from t as x(y)",
    "select a from f(1)",
    "select a from t final",
    "select a from t limit",
    "select a from t limit 1, 2",
    "select a from t limit all",
    "select a from t for update",
    "select a from t order by 1",
    "select a from t order by a nulls first",
    "select a from t having a = 1",
    "select top 1 a from t",
    "select distinct on (a) b from t",
    "select all a from t",
    "with x as (select 1) select a from x",
    "(select a from t)",
    "explain select a from t",
    "replace into t values (1)",
    "insert ignore into t values (1)",
    "insert or replace into t values (1)",
    "insert t values (1)",
    "insert into t select a from u",
    "insert into t values (a)",
    "insert into t values ()",
    "insert into t default values",
    "insert into t () values (1)",
    "insert into t set a = 1",
    "insert into t values (1) on conflict do nothing",
    "insert into t values (1) on duplicate key update a = 1",
    "insert into t values (1) returning a",
    "insert into t (t.a) values (1)",
    "update t set t.a = 1",
    "update t set a = b",
    "update t set a = default",
    "update t as x set a = 1",
    "update t x set a = 1",
    "update only t set a = 1",
    "update t, u set a = 1",
    "update t set a = 1 from u",
    "update t set a = 1 where b = 1 limit 1",
    "update t set (a, b) = (1, 2)",
    "delete t where a = 1",
    "delete from only t",
    "delete from t as x",
    "delete t from t join u on t.a = u.a",
    "delete from t using u where t.a = u.a",
    "delete from t where a = 1 limit 1",
    "delete from t where current of c",
    "drop table t",
    "truncate t",
    "begin",
    "select a from t where (((((b = 1)))))",
];

/// What texts are made of: everything of the subset, and what borders on it.
const PIECES: &[&str] = &[
    "a",
    "b",
    "t",
    "u",
    "t.a",
    "s.t",
    "A_1",
    "id",
    "name",
    "status",
    "user",
    "date",
    "values",
    "key",
    "only",
    "text",
    "1",
    "2.5",
    "1e5",
    "'x'",
    "'x y'",
    "''",
    "'%'",
    "''''",
    "N'x'",
    "\"q\"",
    "`q`",
    ",",
    "(",
    ")",
    "*",
    "=",
    "<",
    ">=",
    "<>",
    "!=",
    "-",
    "+",
    "||",
    "::",
    ".",
    ";",
    "--",
    "@",
    "select",
    "SELECT",
    "distinct",
    "from",
    "as",
    "where",
    "and",
    "or",
    "not",
    "like",
    "in",
    "between",
    "is",
    "null",
    "true",
    "join",
    "left",
    "right",
    "inner",
    "outer",
    "natural",
    "on",
    "group by",
    "order by",
    "asc",
    "desc",
    "limit",
    "offset",
    "having",
    "union",
    "insert into",
    "update",
    "set",
    "delete",
    "count",
    "max",
    "lower",
    "foo",
    "xml",
    "interval",
    "end",
    "break",
    "return",
    "div",
    "binary",
    "all",
    "any",
    "row",
];

const COLUMN: &[&str] = &["a", "b", "T.a", "u.id", "name", "count(*)", "max(b)", "sum(distinct t.b)", "lower(name)"];
const CONSTANT: &[&str] = &["1", "2.5", "'x'", "'%x_'", "''", "'a;b--c'"];
const TABLE: &[&str] = &["t", "s.t", "t as x", "t x", "Orders o", "t return", "t break"];

fn one(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(of).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = String> {
    let operand = || prop_oneof![one(COLUMN), one(CONSTANT)];
    let constants = || proptest::collection::vec(one(CONSTANT), 1..4).prop_map(|all| all.join(","));
    let not = || one(&["", "not "]);
    let comparison = prop_oneof![
        (operand(), one(&COMPARISONS), operand()).prop_map(|(left, sign, right)| format!("{left} {sign} {right}")),
        (operand(), not()).prop_map(|(left, not)| format!("{left} is {not}null")),
        (operand(), not(), one(CONSTANT)).prop_map(|(left, not, text)| format!("{left} {not}like {text}")),
        (operand(), not(), constants()).prop_map(|(left, not, all)| format!("{left} {not}in ({all})")),
        (operand(), not(), one(CONSTANT), one(CONSTANT))
            .prop_map(|(left, not, low, high)| format!("{left} {not}between {low} and {high}")),
    ];
    comparison.prop_recursive(5, 12, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("({inner})")),
            (inner.clone(), one(&["and", "or", "AND"]), inner)
                .prop_map(|(left, word, right)| format!("{left} {word} {right}")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let columns = || proptest::collection::vec(one(COLUMN), 1..4).prop_map(|all| all.join(", "));
    let join = (one(&["join", "left join", "right outer join", "inner join"]), one(TABLE), condition())
        .prop_map(|(join, table, on)| format!("{join} {table} on {on}"));
    let select = (
        prop_oneof![columns(), one(&["*", "distinct a", "a as b, count(*) as n"])],
        one(TABLE),
        proptest::option::of(join),
        proptest::option::of(condition()),
        one(&["", "group by a, t.b"]),
        one(&["", "order by a, count(*) desc", "limit 5", "order by id asc limit 1 offset 2"]),
    )
        .prop_map(|(items, table, join, condition, group, order)| {
            let condition = condition.map(|condition| format!("where {condition}")).unwrap_or_default();
            format!("select {items} from {table} {} {condition} {group} {order}", join.unwrap_or_default())
        });
    let changes = (
        one(&["update t set a = 1", "update s.t set a = 'x', name = null", "delete from t", "DELETE FROM s.t"]),
        proptest::option::of(condition()),
    )
        .prop_map(|(change, condition)| {
            let condition = condition.map(|condition| format!(" where {condition}")).unwrap_or_default();
            format!("{change}{condition}")
        });
    let insert = (one(&["", "(a)", "(a, name)"]), proptest::collection::vec(one(CONSTANT), 1..4))
        .prop_map(|(columns, values)| format!("insert into t {columns} values ({})", values.join(", ")));
    prop_oneof![4 => select, 2 => changes, 1 => insert]
}

/// Statements of the subset, some with a piece put in, taken out or put in another's place.
fn near() -> impl Strategy<Value = String> {
    let change = (any::<proptest::sample::Index>(), one(PIECES), 0..3_u8, one(&[" ", " ", " ", "", "\n", "\t "]));
    (statement(), proptest::collection::vec(change, 0..3)).prop_map(|(statement, changes)| {
        let mut pieces: Vec<String> = statement.split(' ').map(str::to_owned).collect();
        let mut joint = " ".to_owned();
        for (place, piece, what, between) in changes {
            let place = place.index(pieces.len());
            match what {
                0 => pieces.insert(place, piece),
                1 => pieces[place] = piece,
                _ if pieces.len() > 1 => drop(pieces.remove(place)),
                _ => {}
            }
            joint = between;
        }
        if joint.is_empty() { pieces.join(" ").replace(" (", "(").replace(" = ", "=") } else { pieces.join(&joint) }
    })
}

fn anything() -> impl Strategy<Value = String> {
    proptest::collection::vec(one(PIECES), 1..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn what_is_read_once_is_what_all_dialects_say(text in prop_oneof![8 => near(), 1 => anything()]) {
        if is_alike(&text) {
            prop_assert_eq!(in_one(&text, &PostgreSqlDialect {}), in_all(&text), "{}", text);
        }
    }
}

#[test]
fn plain_statements_are_read_once_and_all_dialects_say_the_same() {
    for text in ALIKE {
        assert!(is_alike(text), "{text}");
        assert!(in_all(text).is_ok(), "{text}: {:?}", in_all(text));
        assert_eq!(of(text, Dialect::Any), in_all(text), "{text}");
    }
}

#[test]
fn whatever_is_not_quite_plain_is_read_in_all_dialects() {
    for text in NEAR_MISSES {
        assert!(!is_alike(text), "{text}");
    }
    let deep = |depth: usize| format!("select a from t where {}b = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(is_alike(&deep(SQL_ALIKE_DEPTH_MAX)));
    assert!(!is_alike(&deep(SQL_ALIKE_DEPTH_MAX + 1)));
}

#[test]
fn keywords_are_found_in_any_letter_case() {
    for keyword in ALL_KEYWORDS {
        assert!(!is_bare(keyword) && !is_bare(&keyword.to_lowercase()), "{keyword}");
    }
    assert!(is_bare("orders") && is_bare("B"));
}

/// Whatever single word stands in any place of a statement.
#[test]
fn no_keyword_is_taken_for_a_name() {
    let places = [
        "select {} from t",
        "select a as {} from t",
        "select a from {}",
        "select a from t {}",
        "select a from t as {}",
        "select {}.a from t",
        "select t.{} from t",
        "select a from t where {} = 1",
        "select a from t where a {} 'x'",
        "select {}(a) from t",
        "select a from t {} join u on a = b",
        "select a from t group by {}",
        "select a from t order by {}",
        "select a from t order by a {}",
        "select a from t where a = 1 {} b = 2",
        "select {} a from t",
        "insert into t ({}) values (1)",
        "insert into {} values (1)",
        "insert into t values ({})",
        "update {} set a = 1",
        "update t set {} = 1",
        "update t set a = {}",
        "delete from {}",
        "delete from t {}",
        "{} from t",
        "select a from t where a is {}",
        "select count({} a) from t",
        "select a from t where b = 1 {}",
    ];
    for place in places {
        for word in ALL_KEYWORDS.iter().chain(&["a", "xml", "xmlparse", "foo"]) {
            let text = place.replace("{}", word);
            if is_alike(&text) {
                assert_eq!(in_one(&text, &PostgreSqlDialect {}), in_all(&text), "{text}");
            }
        }
    }
}
