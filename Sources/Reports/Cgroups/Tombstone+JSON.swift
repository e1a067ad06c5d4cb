package import CgroupModel
package import Events

extension DepartedCgroup {
    /// Copies the last row of a dead cgroup from `previous`, if that has it, with the totals of its
    /// tombstone.
    package init(_ stone: Tombstone, _ previous: Snapshot?, _ unknown: CgroupID, _ schema: Schema) {
        let totals = LifeTotals.rows.indices.compactMap { row in
            stone.totals[row].map { (LifeTotals.rows[row].metric.id, $0) }
        }
        if let previous, previous.schema == schema, let id = stone.cgroup.id,
            let index = previous.index(of: stone.cgroup.path), previous.cgroups[index].id == id
        {
            self.init(previous, index, totals: totals)
        } else {
            self.init(stone.cgroup.path, id: stone.cgroup.id ?? unknown, schema, totals: totals)
        }
    }
}

extension Tombstone {
    /// Writes `state` and the facts about the end into an open object.
    func write(to json: inout JSONWriter) {
        json.member("state", "dead")
        json.key("died")
        json.literal(DecimalText.fixed(Double(died.wall) / 1e6, places: 6))
        if let lifetime {
            json.member("lifetime_usec", lifetime)
        }
        json.member("reading", reading.rawValue)
        if let cause {
            json.member("cause", cause)
        }
    }
}

extension Unattributed {
    /// Writes an object with the parent's path and the totals by the names of their metrics.
    func write(to json: inout JSONWriter, only fields: Set<MetricID>?) {
        json.object { json in
            json.key("time")
            json.literal(DecimalText.fixed(Double(time.wall) / 1e6, places: 3))
            json.member("path", parent.path.text)
            json.member("state", "unattributed")
            for (row, total) in LifeTotals.rows.enumerated() {
                guard let value = totals[row], fields?.contains(total.metric.id) ?? true else {
                    continue
                }
                json.member(total.metric.name, value)
            }
        }
    }
}
