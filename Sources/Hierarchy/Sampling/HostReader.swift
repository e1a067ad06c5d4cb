internal import CgroupModel
internal import KernelIO

/// Reads the metrics of the whole host from `/proc`.
struct HostReader {
    private let system: SystemRoot
    private var previous = HostSample()
    private var partitions: [InstanceKey: Bool] = [:]

    init(_ system: SystemRoot) { self.system = system }

    mutating func read() -> HostSample {
        var host = HostSample()
        if let memory = contents("meminfo") {
            host.memoryTotal = HostText.memory("MemTotal", in: memory)
            host.memoryFree = HostText.memory("MemFree", in: memory)
            host.memoryAvailable = HostText.memory("MemAvailable", in: memory)
            host.swapTotal = HostText.memory("SwapTotal", in: memory)
            host.swapFree = HostText.memory("SwapFree", in: memory)
        }
        if let load = contents("loadavg") { (host.tasks, host.load) = HostText.load(in: load) }
        if let stat = contents("stat") {
            (host.cpuCount, host.cpuBusy, host.cpuTotal) = HostText.processors(in: stat)
        }
        host.previousCPUBusy = previous.cpuBusy
        host.previousCPUTotal = previous.cpuTotal
        host.disks = disks()
        host.pressure.cpu = pressure("cpu")
        host.pressure.memory = pressure("memory")
        host.pressure.io = pressure("io")
        host.pressure.irq = pressure("irq")
        previous = host
        return host
    }

    private func contents(_ name: String) -> [UInt8]? {
        try? ReadBuffer.contents(of: system.proc(name))
    }

    private mutating func disks() -> [DiskSample] {
        guard let bytes = contents("diskstats") else { return [] }
        return HostText.disks(in: bytes).compactMap { disk in
            var disk = disk
            guard !isPartition(disk.device) else { return nil }
            let before = previous.disks.first { $0.device == disk.device }
            disk.previousBusy = before?.busy ?? .absent
            return disk
        }
    }

    private mutating func isPartition(_ device: InstanceKey) -> Bool {
        if let known = partitions[device] { return known }
        let answer = BlockDevices(system).isPartition(device)
        partitions[device] = answer
        return answer
    }

    private func pressure(_ resource: String) -> Pressure {
        do throws(IOError) {
            let bytes = try ReadBuffer.contents(of: system.proc("pressure/\(resource)"))
            return HostText.pressure(in: bytes)
        } catch {
            return Pressure(all: IOError.reading(for: error.code))
        }
    }
}
