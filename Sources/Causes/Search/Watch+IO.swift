import CgroupModel

/// Findings about block I/O.
extension Watch {
    private static let traffic: Set<MetricID> = [.ioReadBytes, .ioWrittenBytes]

    /// The causes of slow I/O.
    var ioFindings: [Finding] {
        let limited = limitedDevices
        return limited.isEmpty ? [slowDisk].compactMap(\.self) : limited
    }

    /// The limits that throttle a rate, one for each device.
    private var limitedDevices: [Finding] {
        let reached = bounds.filter { bound in
            Self.rates.contains { $0.limit == bound.limit.metric }
                && bound.ratio ?? 0 >= Self.near
        }
        return Dictionary(grouping: reached) { $0.limit.instance }.sorted {
            ($0.key?.rawValue ?? 0) < ($1.key?.rawValue ?? 0)
        }.compactMap { _, bounds in
            guard let bound = bounds.max(by: { ($0.ratio ?? 0) < ($1.ratio ?? 0) }) else {
                return nil
            }
            return Finding(
                .ioLimit, severity: severity(ioLoss) ?? .note, by: bound.limit.cgroup, bound: bound,
                share: ioLoss,
                bounds.flatMap { [$0.limit] + [$0.usage].compactMap(\.self) }
                    + ioPressure)
        }
    }

    /// Tasks that wait for I/O although no limit explains it.
    private var slowDisk: Finding? {
        guard let ioLoss, let severity = self.severity(ioLoss) else { return nil }
        let flows = now.instances(index).filter { Self.traffic.contains($0.metric) }
        let device = flows.max { now.rate($0) ?? 0 < now.rate($1) ?? 0 }?.key
        let own = flows.filter { $0.key == device }.map { evidence(index, $0.metric, $0) }
        let rivals = others.filter { bytes($0, device) >= 65536 }
        return Finding(
            .ioWait, severity: severity, share: ioLoss, ioPressure + own,
            competitors: competitors(rivals) { bytes($0, device) })
    }

    /// The bytes per second that a cgroup reads and writes on a device.
    private func bytes(_ place: Int, _ device: InstanceKey?) -> Double {
        now.instances(place).filter {
            $0.key == device && Self.traffic.contains($0.metric)
        }.compactMap { now.rate($0) }.reduce(0, +)
    }
}
