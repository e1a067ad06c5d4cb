import CgroupModel

/// A tree of cgroups that lives: births, deaths, renames, resets, reasons, devices, other columns.
struct RandomTree {
    private struct Node {
        var path: CgroupPath
        var id: CgroupID
        var controllers: [Controller]
        var values: [UInt64]
        var previous: [UInt64]
        var instances: [InstanceReading] = []
    }

    var random: SeededGenerator
    /// How often, in percent, something rare happens: other columns, another order, a same id.
    var oddities = 5
    /// How often, in percent, cgroups come and go.
    var changes = 60
    /// No more cgroups than this are born.
    var mostCgroups = 40
    private var schema = Schema([])
    private var nodes: [Node] = []
    private var times = Tier.allCases.map { _ in TierTimes(now: 0, before: 0) }
    private var host = HostSample()
    private var health = SampleHealth()
    private var tick: UInt64 = 0
    private var generation: UInt64 = 0
    private let dimensioned = MetricCatalog.all.filter { $0.dimension != nil }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        chooseColumns()
        add(.root)
    }

    /// The tree after its first tick.
    var first: Snapshot {
        var copy = self
        return copy.next()
    }

    /// The tree one tick later.
    mutating func next() -> Snapshot {
        tick += 1 + UInt64(random.below(2))
        if random.chance(oddities) { chooseColumns() }
        if random.chance(changes) { die() }
        readTiers()
        if random.chance(changes) { for _ in 0..<random.below(6) { beBorn() } }
        if random.chance(oddities) { rename() }
        host.memoryFree = Reading(rawValue: number())
        host.previousCPUBusy = host.cpuBusy
        host.cpuBusy = Reading(rawValue: number())
        host.cpuCount = 1 + random.below(4)
        host.load = Reading(rawValue: number())
        host.pressure.memory.full.avg60 = Reading(rawValue: number())
        host.pressure.io.some.total = Reading(rawValue: number())
        if random.chance(20) {
            host.disks = (0..<random.below(4)).map { _ in
                DiskSample(
                    device: InstanceKey(rawValue: UInt32(random.below(1 << 32))),
                    busy: Reading(rawValue: number()), previousBusy: Reading(rawValue: number()))
            }
        }
        health.filesRead &+= UInt64(random.below(1000))
        health.duration = number()
        return snapshot()
    }

    private mutating func number() -> UInt64 {
        switch random.below(8) {
        case 0: 0
        case 1: Reading.absent.rawValue
        case 2: .max - UInt64(random.below(20))
        case 3: random.next()
        default: UInt64(random.below(1 << (1 + random.below(40))))
        }
    }

    /// Text is held by the number of a word, and no other number stands for any.
    private mutating func value(of metric: MetricID) -> UInt64 {
        guard MetricCatalog[metric].kind == .text else { return number() }
        return random.chance(20) ? Reading.absent.rawValue : UInt64(word())
    }

    private mutating func key(_ metric: Metric) -> InstanceKey {
        switch metric.dimension {
        case .pageSize, .pageSizeAndNode, .resource, .interface: InstanceKey(rawValue: word())
        default: InstanceKey(rawValue: UInt32(random.below(4)) << 20)
        }
    }

    private mutating func word() -> UInt32 { Word.intern("word \(random.below(9))") ?? 0 }

    private mutating func chooseColumns() {
        let share = 2 + random.below(random.chance(20) ? 80 : 30)
        schema = Schema(MetricCatalog.all.map(\.id).filter { _ in random.chance(share) })
        for place in nodes.indices {
            nodes[place].values = schema.columns.map { value(of: $0) }
            nodes[place].previous = (0..<schema.counterCount).map { _ in number() }
        }
    }

    private mutating func add(_ path: CgroupPath) {
        generation += 1
        let controllers = Controller.allCases.filter { _ in random.chance(50) }
        nodes.append(
            Node(
                path: path, id: CgroupID(inode: random.next() >> 40, generation: generation),
                controllers: random.chance(5) ? controllers.shuffled(using: &random) : controllers,
                values: schema.columns.map { value(of: $0) },
                previous: [UInt64](
                    repeating: Reading.absent.rawValue, count: schema.counterCount),
                instances: instances()))
    }

    private mutating func instances() -> [InstanceReading] {
        guard random.chance(50) else { return [] }
        return (0..<random.below(12)).map { _ in
            let metric = dimensioned[random.below(dimensioned.count)]
            return InstanceReading(
                metric: metric.id, key: key(metric), reading: Reading(rawValue: number()))
        }
    }

    private mutating func beBorn() {
        guard nodes.count < mostCgroups else { return }
        let parent = nodes.isEmpty ? .root : nodes[random.below(nodes.count)].path
        let name: [UInt8] = (0..<1 + random.below(5)).map { _ in
            random.chance(5) ? 0xff : UInt8(97 + random.below(4))
        }
        let path = parent.child(name)
        if !nodes.contains(where: { $0.path == path }) { add(path) }
    }

    private mutating func die() {
        guard nodes.count > 1 else { return }
        let path = nodes[random.below(nodes.count)].path
        if !path.isRoot || random.chance(oddities) { nodes.removeAll { $0.path.isWithin(path) } }
        // A recreated path is a new cgroup.
        if random.chance(50), !path.isRoot { add(path) }
    }

    private mutating func rename() {
        guard !nodes.isEmpty else { return }
        let place = random.below(nodes.count)
        nodes[place].path = nodes[place].path.child([UInt8(ascii: "z")])
        nodes[place].controllers.reverse()
    }

    private mutating func readTiers() {
        for tier in Tier.allCases where random.chance(70) {
            times[tier.rawValue].before = times[tier.rawValue].now
            times[tier.rawValue].now += 1 + UInt64(random.below(2_000_000_000))
            for place in nodes.indices {
                var node = nodes[place]
                read(tier, &node)
                nodes[place] = node
            }
        }
    }

    private mutating func read(_ tier: Tier, _ node: inout Node) {
        for (column, id) in schema.columns.enumerated() where MetricCatalog[id].tier == tier {
            if column < schema.counterCount {
                node.previous[column] = random.chance(98) ? node.values[column] : number()
            }
            node.values[column] =
                MetricCatalog[id].kind == .text ? value(of: id) : changed(node.values[column])
        }
        for place in node.instances.indices {
            let metric = MetricCatalog[node.instances[place].metric]
            guard metric.tier == tier else { continue }
            let old = node.instances[place].reading
            if metric.kind == .counter || random.chance(1) { node.instances[place].previous = old }
            node.instances[place].reading = Reading(rawValue: changed(old.rawValue))
        }
        if random.chance(10) { node.instances.shuffle(using: &random) }
        if random.chance(10) { node.instances.removeLast(min(1, node.instances.count)) }
        if random.chance(10) { node.instances.insert(contentsOf: instances(), at: 0) }
    }

    private mutating func changed(_ value: UInt64) -> UInt64 {
        switch random.below(20) {
        case 0: number()
        case 1...4: value &+ UInt64(random.below(5000))
        default: value
        }
    }

    /// Lays the rows out in blocks as no reader may rely on: any number, any order, with gaps.
    private mutating func snapshot() -> Snapshot {
        nodes.sort { $0.path < $1.path }
        var listed = nodes
        if random.chance(oddities) { listed.shuffle(using: &random) }
        if random.chance(oddities), let twin = listed.randomElement(using: &random) {
            listed.append(twin)
        }
        let empty = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
        var blocks = [RowBlock](repeating: empty, count: 1 + random.below(3))
        var places = [RowLocation](repeating: RowLocation(block: 0, row: 0), count: listed.count)
        for index in listed.indices.shuffled(using: &random) {
            let block = random.below(blocks.count)
            for _ in 0..<(random.chance(10) ? 2 : 1) {
                places[index] = RowLocation(
                    block: block, row: blocks[block].instanceStarts.count - 1)
                blocks[block].values += listed[index].values
                blocks[block].previous += listed[index].previous
                blocks[block].instances += listed[index].instances
                blocks[block].instanceStarts.append(blocks[block].instances.count)
            }
        }
        let entries = listed.enumerated().map { index, node in
            CgroupEntry(
                path: node.path, id: node.id,
                parent: node.path.parent.flatMap { path in
                    listed.firstIndex { $0.path == path }
                },
                controllers: node.controllers, row: places[index])
        }
        return Snapshot(
            tick: tick, wallTime: 1_790_000_000_000_000 + tick * 1_000_000, tierTimes: times,
            schema: schema, cgroups: entries, blocks: blocks, host: host, health: health)
    }
}
