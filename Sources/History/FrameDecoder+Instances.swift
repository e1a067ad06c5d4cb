import CgroupModel

extension FrameDecoder {
    /// The base that an instance is compared with.
    private enum Base {
        /// The same instance in the cgroup's earlier row.
        case earlier(InstanceReading)
        /// The same instance in the row above, by its index in the block.
        case above(Int)
        case nothing
    }

    /// Decodes the instances of all rows into a block.
    func decodeInstances(
        _ names: [UInt8], _ readings: inout ChangeReader, _ previous: inout ChangeReader,
        _ rule: BaselineRule, _ block: inout RowBlock
    ) throws(FrameError) {
        var bases: [Base]?
        var input = RunReader(names)
        if isSameTree, let earlier, try input.skipZeros(exactly: earlierRows.count) {
            try input.finish()
            block.instances = earlier.blocks[0].instances
            block.instanceStarts = earlier.blocks[0].instanceStarts
            for place in block.instances.indices {
                expect(.earlier(block.instances[place]), rule, &block.instances[place])
            }
        } else {
            bases = try decodeNames(&input, &block)
        }
        if !readings.groups.isEmpty || !previous.groups.isEmpty || bases != nil {
            try apply(bases, &readings, &previous, rule, &block)
        }
    }

    /// Decodes the metrics and keys; returns what each instance is compared with.
    private func decodeNames(
        _ input: inout RunReader, _ block: inout RowBlock
    ) throws(FrameError) -> [Base] {
        var bases: [Base] = []
        block.instanceStarts = [0]
        /// The row above and its start; a slice of `block.instances` would make appending copy all.
        var above: (row: ArraySlice<InstanceReading>, start: Int) = ([], 0)
        for earlierRow in earlierRows {
            let start = block.instances.count
            let old = earlierRow.flatMap { earlier?.instances($0) }
            let base = old ?? above.row
            let row = try input.instanceNames(base, legend, limits)
            guard start + row.count <= limits.instances else { throw input.error(.tooLarge) }
            var matcher = InstanceMatcher(in: base)
            for instance in row {
                let found = matcher.place(instance.metric, instance.key)
                if let found, let old {
                    bases.append(.earlier(old[found]))
                } else if let found {
                    bases.append(.above(above.start + found - base.startIndex))
                } else {
                    bases.append(.nothing)
                }
            }
            block.instances += row
            block.instanceStarts.append(block.instances.count)
            above = (row, start)
        }
        try input.finish()
        return bases
    }

    /// Adds the differences to what was predicted, metric by metric.
    private func apply(
        _ bases: [Base]?, _ readings: inout ChangeReader, _ previous: inout ChangeReader,
        _ rule: BaselineRule, _ block: inout RowBlock
    ) throws(FrameError) {
        let old = earlier?.blocks[0].instances ?? []
        var placesOf = [[Int]](repeating: [], count: legend.rows.count)
        for (place, instance) in block.instances.enumerated() {
            placesOf[instance.metric.index].append(place)
        }
        let (first, second) = (readings.groups, previous.groups)
        var (one, other) = (0, 0)
        for (metric, places) in placesOf.enumerated() {
            var group: OpenGroup?
            if one < first.count, first[one].number == metric {
                group = try readings.open(one, size: places.count)
                one += 1
            }
            guard bases != nil || group != nil || (other < second.count) else { continue }
            var next = 0
            for (number, place) in places.enumerated() where bases != nil || group != nil {
                let base = bases?[place] ?? .earlier(old[place])
                var value = Reading.absent.rawValue
                switch base {
                case .earlier(let known):
                    value = known.reading.rawValue
                    if group?.isSecond ?? false, isHit(group, next, number) {
                        value &+= lastChange(value, known.previous.rawValue)
                    }
                case .above(let place): value = block.instances[place].reading.rawValue
                case .nothing: break
                }
                if isHit(group, next, number), let delta = try group?.next() {
                    value &+= delta
                    next += 1
                }
                block.instances[place].reading = Reading(rawValue: value)
                expect(base, rule, &block.instances[place])
            }
            try group?.finish()
            guard other < second.count, second[other].number == metric else { continue }
            var baselines = try previous.open(other, size: places.count)
            other += 1
            for number in baselines.places.indices {
                let place = places[Int(baselines.places[number])]
                let value = block.instances[place].previous.rawValue &+ (try baselines.next())
                block.instances[place].previous = Reading(rawValue: value)
            }
            try baselines.finish()
        }
    }

    /// Whether the next change of a group is that of an instance.
    private func isHit(_ group: OpenGroup?, _ next: Int, _ number: Int) -> Bool {
        guard let group, next < group.places.count else { return false }
        return Int(group.places[next]) == number
    }

    /// Sets the predicted baseline.
    private func expect(
        _ base: Base, _ rule: BaselineRule, _ instance: inout InstanceReading
    ) {
        var before = BaselineRule.Earlier()
        if case .earlier(let known) = base {
            before.value = known.reading.rawValue
            before.baseline = known.previous.rawValue
        }
        instance.previous = Reading(
            rawValue: rule.baseline(
                of: instance.metric, own: instance.reading.rawValue, earlier: before))
    }
}

extension RunReader {
    /// Decodes the metrics and keys of a row; the caller must replace the readings.
    fileprivate mutating func instanceNames(
        _ base: ArraySlice<InstanceReading>, _ legend: FrameLegend, _ limits: FrameCodec.Limits
    ) throws(FrameError) -> ArraySlice<InstanceReading> {
        let token = try next()
        guard token > 0 else { return base }
        guard token - 1 <= UInt64(limits.instances) else { throw error(.tooLarge) }
        var row: ArraySlice<InstanceReading> = []
        var metric: Int64 = 0
        var key: UInt64 = 0
        for _ in 1..<token {
            let code = try next()
            guard code > 0 else { throw error(.malformed) }
            let (index, overflow) = metric.addingReportingOverflow(unzigzag(code - 1))
            key = try next(from: key)
            guard !overflow, index >= 0, index < Int64(legend.rows.count),
                key <= UInt64(UInt32.max)
            else { throw error(.malformed) }
            metric = index
            row.append(
                InstanceReading(
                    metric: MetricID(index: Int(index)),
                    key: InstanceKey(rawValue: UInt32(key)), reading: .absent))
        }
        return row
    }
}
