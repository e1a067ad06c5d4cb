extension Snapshot {
    /// Writes one cgroup as an object: `path`, `inode`, then the metrics by name.
    ///
    /// Instance values are in nested objects. Absent values are omitted. A value that is missing
    /// for another reason is listed in `unavailable`. A caller that writes many cgroups passes
    /// their columns.
    package func write(
        _ index: Int, to json: inout JSONWriter, withTime: Bool = false, withRates: Bool = false,
        only fields: Set<MetricID>? = nil, columns: SampleColumns? = nil,
        more: (inout JSONWriter) -> Void = { _ in }
    ) {
        let entry = cgroups[index]
        let columns = columns ?? jsonColumns(only: fields)
        json.object { json in
            if withTime {
                json.member("time", Double(wallTime) / 1e6)
            }
            json.member("path", entry.path.text)
            // The inode of a cgroup that no sample contained is unknown.
            if entry.id.inode != 0 {
                json.member("inode", entry.id.inode)
            }
            var reasons: [(name: String, reason: Reading)] = []
            for column in columns.columns {
                let reading = reading(index, column)
                if reading.isKnown {
                    json.key(prepared: column.key)
                    json.value(reading, of: column)
                    if withRates, let rate = rate(index, column, now: reading) {
                        json.key(prepared: column.rateKey)
                        json.value(rate)
                    }
                } else if reading != .absent {
                    reasons.append((column.name, reading))
                }
            }
            let all = instances(index)
            if !all.isEmpty {
                let wanted = all.filter { fields?.contains($0.metric) ?? true }
                write(wanted.filter(\.reading.isKnown), to: &json, withRates: withRates)
                reasons += wanted.filter { !$0.reading.isKnown }.map { ($0.name(), $0.reading) }
            }
            more(&json)
            json.write(unavailable: reasons)
        }
    }

    /// The columns of ``write(_:to:withTime:withRates:only:columns:more:)``, in catalog order.
    package func jsonColumns(only fields: Set<MetricID>? = nil) -> SampleColumns {
        SampleColumns(
            schema.columns.sorted().lazy.filter {
                $0.index < MetricCatalog.all.count && fields?.contains($0) ?? true
            }.map { MetricCatalog[$0] }, of: schema)
    }
    private func write(_ known: [InstanceReading], to json: inout JSONWriter, withRates: Bool) {
        let groups = Dictionary(grouping: known) { MetricCatalog[$0.metric].group }
        for (group, members) in groups.sorted(by: { $0.key < $1.key }) {
            json.object(group) { json in
                let keys = Dictionary(grouping: members, by: \.key)
                for (key, values) in keys.sorted(by: { $0.key < $1.key }) {
                    guard let dimension = MetricCatalog[values[0].metric].dimension else {
                        continue
                    }
                    json.object(key.text(dimension)) { json in
                        for value in values {
                            let metric = MetricCatalog[value.metric]
                            json.key(metric.field)
                            metric.write(value.reading, to: &json)
                            if withRates, let rate = rate(value) {
                                json.member("\(metric.field).rate", rate)
                            }
                        }
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// Writes the reasons of missing values as the object `unavailable`; nothing if there are none.
    package mutating func write(unavailable reasons: [(name: String, reason: Reading)]) {
        guard !reasons.isEmpty else { return }
        key("unavailable")
        object { json in
            for (name, reason) in reasons {
                json.member(name, reason.word ?? "malformed")
            }
        }
    }
}
