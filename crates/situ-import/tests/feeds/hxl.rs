//! Tables whose columns are named by a row of HXL tags.

use situ_core::Payload;
use situ_import::{Mapping, Table, import};

use crate::log::Log;

pub(crate) const MAPPING: &str = r##"
dataset = "districts"
shape = "hxl"
[situation]
id = "floods"
zone = "Asia/Karachi"
opened = "2026-01-01T00:00:00Z"
[publisher]
id = "desk"
[records]
key = ["#adm2+name", "Remark"]
[as_of]
fields = ["#date+reported"]
[[figures]]
fields = ["#affected+killed"]
outcome = "killed"
period = "cumulative"
"##;

pub(crate) const TABLE: &str = "What we know,,,
District,Killed,As of,Remark
#adm2 +name,#Affected+killed,#date+reported,
Sibi,12,2026-02-01,first
Kohlu,,2026-02-01,second
Dera Bugti,many,2026-02-01,third
";

#[test]
fn a_figure_is_found_by_its_tag() {
    let mut log = Log::default();
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    log.tell(&mut Table::new(Box::new(TABLE.as_bytes()), mapping, None));
    let reason = "line 6, record Dera Bugti|third, field #affected+killed: `many` is no whole number of people";
    assert_eq!(log.rejects, [reason]);
    let figures = log
        .events()
        .into_iter()
        .filter_map(|event| match event.payload {
            Payload::CasualtiesReported(reported) => reported.figures[0].quantity.shown(),
            _ => None,
        });
    assert_eq!(figures.collect::<Vec<_>>(), [12]);
}

#[test]
fn a_table_without_tags_is_refused() {
    let table = TABLE.replace('#', "");
    let mut log = Log::default();
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let mut table = Table::new(Box::new(std::io::Cursor::new(table)), mapping, None);
    let error = import(&mut table, &mut log).unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no row of HXL tags, such as #affected+killed, in the first 25 rows"
    );
}
