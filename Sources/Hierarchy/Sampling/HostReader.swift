internal import CgroupModel
internal import KernelIO

/// Reads the machine's own figures from `/proc`.
struct HostReader {
    private let system: SystemRoot
    private var previousBusy = Reading.absent

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
        if let load = contents("loadavg") { host.tasks = HostText.tasks(in: load) }
        if let stat = contents("stat") {
            (host.cpuCount, host.cpuBusy) = HostText.processors(in: stat)
        }
        host.previousCPUBusy = previousBusy
        previousBusy = host.cpuBusy
        host.cpuPressure = pressure("cpu")
        host.memoryPressure = pressure("memory")
        host.ioPressure = pressure("io")
        return host
    }

    private func contents(_ name: String) -> [UInt8]? {
        try? ReadBuffer.contents(of: system.proc(name))
    }

    private func pressure(_ resource: String) -> Reading {
        do throws(IOError) {
            let bytes = try ReadBuffer.contents(of: system.proc("pressure/\(resource)"))
            return HostText.pressure(in: bytes)
        } catch {
            return IOError.reading(for: error.code)
        }
    }
}
