using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Zhengtong.Cloud.Engines;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>An engine in memory, for tests of what stands on engines. It keeps to the contract (the same tests run on it and on LXD), and can be slow, full, gone, or worse.</summary>
internal sealed class PretendEngine(TimeProvider clock) : CloudEngine
{
    private readonly Lock door = new();
    private readonly Dictionary<InstanceId, Guest> guests = [];
    private readonly Dictionary<EngineName, EngineProject> projects = [];
    private readonly Dictionary<EngineName, EngineNetwork> networks = [];
    private readonly Dictionary<EngineName, EngineRules> rules = [];
    private readonly Dictionary<(EngineName Project, EngineName Name), EngineVolume> volumes = [];
    private readonly Dictionary<(EngineName Project, EngineName Name), string> written = [];
    private readonly Dictionary<(EngineName Project, EngineName Name, EngineName Backup), byte[]> volumeBackups = [];
    private readonly List<Channel<EngineEvent>> listeners = [];
    private readonly List<PretendTerminal> terminals = [];
    private int addresses = 1;

    /// <summary>Each call takes so long.</summary>
    internal TimeSpan Slowness { get; set; }

    /// <summary>Nobody answers.</summary>
    internal bool IsGone { get; set; }

    /// <summary>There is no room for another instance.</summary>
    internal bool IsFull { get; set; }

    /// <summary>What is asked for is done, and the answer is lost.</summary>
    internal bool LosesAnswers { get; set; }

    /// <summary>It says that it was done, and it was not.</summary>
    internal bool Lies { get; set; }

    /// <summary>It will not change sizes, or make and grow volumes, now or later.</summary>
    internal bool RefusesChanges { get; set; }

    /// <summary>What is exported breaks off before its end.</summary>
    internal bool BreaksExports { get; set; }

    /// <summary>So many starts fail yet, and nobody knows why.</summary>
    internal int FailingStarts { get; set; }

    /// <summary>Called before and after each call, with true when it is over: what it throws is as if the platform had died there.</summary>
    internal Action<bool>? Watch { get; set; }

    /// <summary>What it says that it has.</summary>
    internal IReadOnlyList<EngineMember> Members { get; set; } = [new EngineMember("here", MemberStatus.Online, ["all"], new MemberCapacity(64, 256L << 30, 8L << 30, 4096L << 30, 64L << 30))];

    /// <summary>How many calls changed something, or would have.</summary>
    internal int Changes { get; private set; }

    public override void Dispose() => CutOff();

    /// <summary>Somebody removes an instance behind our back; nobody is told.</summary>
    internal void LoseBehindOurBack(InstanceId id)
    {
        lock (door) { guests.Remove(id); }
    }

    /// <summary>Somebody puts one of ours in the place of whatever is there; it is stopped.</summary>
    internal void MakeOurs(InstanceId id)
    {
        lock (door) { guests[id] = new Guest(guests[id].Size, guests[id].Marks) { CreatedAt = clock.GetUtcNow() }; }
    }

    /// <summary>Somebody makes an instance that is not ours.</summary>
    internal void MakeForeign(InstanceId id)
    {
        lock (door) { guests[id] = new Guest(new EngineSize(1, 64, 1, 100), new Dictionary<string, string>()) { IsOurs = false, CreatedAt = clock.GetUtcNow() }; }
    }

    /// <summary>An instance that bears our mark and that we have no record of, made long ago.</summary>
    internal void MakeStray(InstanceId id)
    {
        lock (door) { guests[id] = new Guest(new EngineSize(1, 64, 1, 100), new Dictionary<string, string>()) { CreatedAt = clock.GetUtcNow().AddDays(-1) }; }
    }

    /// <summary>The archives that it keeps of an instance.</summary>
    internal IReadOnlyList<string> BackupsOf(InstanceId id)
    {
        lock (door) { return guests.TryGetValue(id, out var guest) ? [.. guest.Backups.Keys.Select(k => k.ToString())] : []; }
    }

    internal bool IsThere(InstanceId id)
    {
        lock (door) { return guests.ContainsKey(id); }
    }

    /// <summary>All listeners lose their line, and connect again.</summary>
    internal void CutOff() => Tell(new EngineEvent(EngineEvent.ReadAgain));

    internal override Task<EngineAnswer<EngineDescription>> DescribeAsync(CancellationToken ct) => LookAsync(() => new EngineAnswer<EngineDescription>(new EngineDescription(
        "pretend", "1", Enum.GetValues<EngineAbility>().ToHashSet(), Members)), ct);

    internal override Task<EngineAnswer<IReadOnlyList<EngineImage>>> ListImagesAsync(EngineName project, CancellationToken ct) =>
        LookAsync(() => new EngineAnswer<IReadOnlyList<EngineImage>>([new EngineImage(new string('0', 64), ["busybox"], "container", "x86_64", "busybox", 1_000_000)]), ct);

    internal override Task<EngineAnswer> EnsureProjectAsync(EngineProject project, CancellationToken ct) => ChangeAsync(EngineChecks.Fault(project), () =>
    {
        var used = guests.Where(g => g.Key.Project == project.Name).Select(g => g.Value).ToList();
        if (used.Count > project.Instances || used.Sum(g => g.Size.Cpus) > project.Cpus || used.Sum(g => (long)g.Size.MemoryMiB) > project.MemoryMiB) { return new EngineAnswer(EngineOutcome.LimitReached, "in-use"); }
        projects[project.Name] = project;
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> RemoveProjectAsync(EngineName project, CancellationToken ct) => ChangeAsync(null, () =>
        !projects.ContainsKey(project) ? EngineAnswer.NotFound("project") : guests.Keys.Any(g => g.Project == project) || volumes.Keys.Any(v => v.Project == project) ? new EngineAnswer(EngineOutcome.Busy, "not-empty")
        : Removed(projects.Remove(project)), ct);

    internal override Task<EngineAnswer> EnsureRulesAsync(EngineRules rules, CancellationToken ct) => ChangeAsync(EngineChecks.Fault(rules), () =>
    {
        this.rules[rules.Name] = rules;
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> RemoveRulesAsync(EngineName rules, CancellationToken ct) => ChangeAsync(null, () =>
        networks.Values.Any(n => n.Rules == rules) ? new EngineAnswer(EngineOutcome.Busy, "in-use") : this.rules.Remove(rules) ? EngineAnswer.Done : EngineAnswer.NotFound("rules"), ct);

    internal override Task<EngineAnswer> EnsureNetworkAsync(EngineNetwork network, CancellationToken ct) => ChangeAsync(EngineChecks.Fault(network), () =>
    {
        if (networks.TryGetValue(network.Name, out var found) && !found.Range.Equals(network.Range)) { return EngineAnswer.Refused("range"); }
        networks[network.Name] = network;
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> RemoveNetworkAsync(EngineName network, CancellationToken ct) => ChangeAsync(null, () =>
        guests.Values.Any(g => g.Network == network) ? new EngineAnswer(EngineOutcome.Busy, "in-use") : networks.Remove(network) ? EngineAnswer.Done : EngineAnswer.NotFound("network"), ct);

    /// <summary>Volumes that are there, and of them those in an instance.</summary>
    internal (IReadOnlyList<EngineVolume> There, IReadOnlyList<EngineName> In) VolumesOf(InstanceId id)
    {
        lock (door) { return ([.. volumes.Values.Where(v => v.Project == id.Project && v.Name.ToString().StartsWith($"{id.Name}-", StringComparison.Ordinal))], guests.TryGetValue(id, out var guest) ? [.. guest.Volumes] : []); }
    }

    /// <summary>All volumes.</summary>
    internal IReadOnlyList<EngineVolume> AllVolumes
    {
        get { lock (door) { return [.. volumes.Values]; } }
    }

    /// <summary>The archives that it keeps of volumes.</summary>
    internal int VolumeBackups
    {
        get { lock (door) { return volumeBackups.Count; } }
    }

    /// <summary>Writes on a volume.</summary>
    internal void WriteOn(InstanceId id, string volume, string text)
    {
        lock (door) { written[(id.Project, EngineName.Parse($"{id.Name}-{volume}"))] = text; }
    }

    /// <summary>What is written on a volume that is in an instance.</summary>
    internal string? ReadOn(InstanceId id, string volume)
    {
        lock (door) { return EngineName.Parse($"{id.Name}-{volume}") is var name && guests[id].Volumes.Contains(name) ? written.GetValueOrDefault((id.Project, name)) : null; }
    }

    /// <summary>Somebody removes a volume behind our back.</summary>
    internal void LoseVolumes(InstanceId id)
    {
        lock (door) { foreach (var key in volumes.Keys.Where(k => k.Name.ToString().StartsWith($"{id.Name}-", StringComparison.Ordinal)).ToList()) { volumes.Remove(key); } }
    }

    internal override Task<EngineAnswer<EngineVolume>> FindVolumeAsync(EngineName project, EngineName volume, CancellationToken ct) =>
        LookAsync(() => volumes.TryGetValue((project, volume), out var found) ? new(found) : EngineAnswer.NotFound("volume").As<EngineVolume>(), ct);

    internal override async Task<EngineAnswer> ReadVolumesAsync(Action<EngineVolume> each, CancellationToken ct)
    {
        var found = await LookAsync(() => new EngineAnswer<List<EngineVolume>>([.. volumes.Values]), ct);
        if (!found.IsDone) { return found; }
        found.Value.ForEach(each);
        return EngineAnswer.Done;
    }

    internal override Task<EngineAnswer> BackUpVolumeAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct) => ChangeAsync(null, () =>
        !volumes.TryGetValue((project, volume), out var found) ? EngineAnswer.NotFound("volume")
        : volumeBackups.TryAdd((project, volume, backup), new VolumeArchive(found.DiskGiB, found.Marks, written.GetValueOrDefault((project, volume))).Write()) ? EngineAnswer.Done : new EngineAnswer(EngineOutcome.AlreadyExists, "exists"), ct);

    internal override Task<EngineAnswer<Stream>> ExportVolumeAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct) => LookAsync(() =>
        !volumes.ContainsKey((project, volume)) ? EngineAnswer.NotFound("volume").As<Stream>() : !volumeBackups.TryGetValue((project, volume, backup), out var archive) ? EngineAnswer.NotFound("backup").As<Stream>()
        : new(BreaksExports ? new BrokenStream(archive) : new MemoryStream(archive)), ct);

    internal override Task<EngineAnswer> DeleteVolumeBackupAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct) => ChangeAsync(null, () =>
        !volumes.ContainsKey((project, volume)) ? EngineAnswer.NotFound("volume") : volumeBackups.Remove((project, volume, backup)) ? EngineAnswer.Done : EngineAnswer.NotFound("backup"), ct);

    internal override async Task<EngineAnswer> ImportVolumeAsync(EngineVolume volume, Stream backup, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        try { await backup.CopyToAsync(kept, ct); }
        catch (Exception e) when (e is not OperationCanceledException) { return new EngineAnswer(EngineOutcome.Unknown, "line-lost"); }
        var made = await ChangeAsync(EngineChecks.Fault(volume), () =>
        {
            if (!projects.ContainsKey(volume.Project)) { return volume.Project == EngineName.Default ? EngineAnswer.Refused("not-ours") : EngineAnswer.NotFound("project"); }
            if (VolumeArchive.Read(kept.ToArray()) is not { } archive) { return EngineAnswer.Refused("failed"); }
            if (!volumes.TryAdd((volume.Project, volume.Name), volume with { DiskGiB = archive.DiskGiB, Marks = archive.Marks })) { return new EngineAnswer(EngineOutcome.AlreadyExists, "exists"); }
            if (archive.Text is { } text) { written[(volume.Project, volume.Name)] = text; }
            return EngineAnswer.Done;
        }, ct);
        return made.IsDone ? await ChangeAsync(null, () =>
        {
            volumes[(volume.Project, volume.Name)] = volume;
            return EngineAnswer.Done;
        }, ct) : made;
    }

    internal override Task<EngineAnswer> EnsureVolumeAsync(EngineVolume volume, CancellationToken ct) => ChangeAsync(EngineChecks.Fault(volume), () =>
    {
        if (RefusesChanges && !(volumes.TryGetValue((volume.Project, volume.Name), out var same) && same.DiskGiB == volume.DiskGiB)) { return EngineAnswer.Refused("failed"); }
        if (volumes.TryGetValue((volume.Project, volume.Name), out var found) && found.DiskGiB > volume.DiskGiB) { return EngineAnswer.Refused("disk-shrinks"); }
        volumes[(volume.Project, volume.Name)] = volume;
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> AttachVolumeAsync(InstanceId id, EngineName volume, string path, CancellationToken ct) => OnAsync(id, EngineChecks.FaultOfPath(path), guest =>
    {
        if (!volumes.ContainsKey((id.Project, volume))) { return EngineAnswer.NotFound("volume"); }
        guest.Volumes.Add(volume);
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> DetachVolumeAsync(InstanceId id, EngineName volume, CancellationToken ct) => OnAsync(id, null, guest =>
    {
        guest.Volumes.Remove(volume);
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> RemoveVolumeAsync(EngineName project, EngineName volume, CancellationToken ct) => ChangeAsync(null, () =>
        guests.Any(g => g.Key.Project == project && g.Value.Volumes.Contains(volume)) ? new EngineAnswer(EngineOutcome.Busy, "in-use") : volumes.Remove((project, volume)) ? Forget(project, volume) : EngineAnswer.NotFound("volume"), ct);

    /// <summary>What was on it, and copies of it, go with it.</summary>
    private EngineAnswer Forget(EngineName project, EngineName volume)
    {
        written.Remove((project, volume));
        foreach (var key in volumeBackups.Keys.Where(k => k.Project == project && k.Name == volume).ToList()) { volumeBackups.Remove(key); }
        return EngineAnswer.Done;
    }

    internal override Task<EngineAnswer> CreateAsync(InstanceOrder order, CancellationToken ct) => ChangeAsync(EngineChecks.Fault(order), () =>
    {
        if (order.Image != "busybox") { return EngineAnswer.NotFound("image"); }
        if (order.Network is { } network && !networks.ContainsKey(network)) { return EngineAnswer.NotFound("network"); }
        if (order.Member is { } member && Members.All(m => m.Name != member)) { return EngineAnswer.NotFound("member"); }
        if (guests.ContainsKey(order.Id)) { return new EngineAnswer(EngineOutcome.AlreadyExists, "exists"); }
        if (Room(order.Id.Project, order.Size) is { } none) { return none; }
        if (Members.Any(m => m.Name == order.Member && m.Status == MemberStatus.Evacuated)) { return new EngineAnswer(EngineOutcome.Full, "member-evacuated"); }
        guests[order.Id] = new Guest(order.Size, order.Marks) { Network = order.Network, CreatedAt = clock.GetUtcNow(), Member = Members.Count > 1 ? order.Member ?? Members[0].Name : null };
        Tell("instance-created", order.Id);
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> StartAsync(InstanceId id, CancellationToken ct) => OnAsync(id, null, guest =>
    {
        if (FailingStarts > 0)
        {
            FailingStarts--;
            return EngineAnswer.Refused("failed");
        }

        if (!guest.IsRunning) { Tell("instance-started", id); }
        guest.IsRunning = true;
        if (guest.Network is not null) { guest.Address ??= new IPAddress([10, 0, (byte)(++addresses >> 8), (byte)addresses]); }
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> StopAsync(InstanceId id, bool force, CancellationToken ct) => OnAsync(id, null, guest =>
    {
        if (guest.IsRunning) { Tell("instance-stopped", id); }
        guest.IsRunning = false;
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> RestartAsync(InstanceId id, bool force, CancellationToken ct) => OnAsync(id, null, guest =>
    {
        guest.IsRunning = true;
        Tell("instance-restarted", id);
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> ResizeAsync(InstanceId id, EngineSize size, CancellationToken ct) => OnAsync(id, EngineChecks.Fault(size), guest =>
    {
        if (RefusesChanges) { return EngineAnswer.Refused("failed"); }
        if (size.DiskGiB < guest.Size.DiskGiB) { return EngineAnswer.Refused("disk-shrinks"); }
        guest.Size = size;
        Tell("instance-updated", id);
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> DeleteAsync(InstanceId id, CancellationToken ct) => OnAsync(id, null, guest =>
    {
        if (guest.IsRunning) { return new EngineAnswer(EngineOutcome.Busy, "running"); }
        guests.Remove(id);
        Tell("instance-deleted", id);
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> SnapshotAsync(InstanceId id, EngineName snapshot, DateTimeOffset? expiresAt, CancellationToken ct) => OnAsync(id, null, guest =>
        guest.Snapshots.TryAdd(snapshot, new EngineSnapshot(snapshot, clock.GetUtcNow(), expiresAt, guest.Size)) ? EngineAnswer.Done : new EngineAnswer(EngineOutcome.AlreadyExists, "exists"), ct);

    internal override Task<EngineAnswer<IReadOnlyList<EngineSnapshot>>> ListSnapshotsAsync(InstanceId id, CancellationToken ct) =>
        LookAsync(() => Find(id, out var guest) is { } none ? none.As<IReadOnlyList<EngineSnapshot>>() : new([.. guest!.Snapshots.Values.OrderBy(s => s.CreatedAt)]), ct);

    internal override async Task<EngineAnswer<EngineInstance>> RestoreAsync(InstanceId id, EngineName snapshot, CancellationToken ct)
    {
        var restored = await OnAsync(id, null, guest =>
        {
            if (!guest.Snapshots.TryGetValue(snapshot, out var found)) { return EngineAnswer.NotFound("snapshot"); }
            guest.Size = found.Size;
            return EngineAnswer.Done;
        }, ct);
        return restored.IsDone ? await FindAsync(id, ct) : restored.As<EngineInstance>();
    }

    internal override Task<EngineAnswer> DeleteSnapshotAsync(InstanceId id, EngineName snapshot, CancellationToken ct) =>
        OnAsync(id, null, guest => guest.Snapshots.Remove(snapshot) ? EngineAnswer.Done : EngineAnswer.NotFound("snapshot"), ct);

    internal override Task<EngineAnswer> BackUpAsync(InstanceId id, EngineName backup, CancellationToken ct) =>
        OnAsync(id, null, guest => guest.Backups.TryAdd(backup, new Archive(guest.Size, guest.Marks, guest.Files.ToDictionary(f => f.Key, f => f.Value), [.. guest.Volumes.Select(v => v.ToString())]).Write()) ? EngineAnswer.Done : new EngineAnswer(EngineOutcome.AlreadyExists, "exists"), ct);

    internal override Task<EngineAnswer<Stream>> ExportAsync(InstanceId id, EngineName backup, CancellationToken ct) => LookAsync(() =>
        Find(id, out var guest) is { } none ? none.As<Stream>() : !guest!.Backups.TryGetValue(backup, out var archive) ? EngineAnswer.NotFound("backup").As<Stream>() : new(BreaksExports ? new BrokenStream(archive) : new MemoryStream(archive)), ct);

    internal override Task<EngineAnswer> DeleteBackupAsync(InstanceId id, EngineName backup, CancellationToken ct) =>
        OnAsync(id, null, guest => guest.Backups.Remove(backup) ? EngineAnswer.Done : EngineAnswer.NotFound("backup"), ct);

    internal override async Task<EngineAnswer> ImportAsync(InstanceId id, Stream backup, EngineSize size, IReadOnlyDictionary<string, string> marks, string? member, IReadOnlyCollection<EngineName> volumes, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        // As an engine does it: the line breaks, and nobody hears why.
        try { await backup.CopyToAsync(kept, ct); }
        catch (Exception e) when (e is not OperationCanceledException) { return new EngineAnswer(EngineOutcome.Unknown, "line-lost"); }
        var archive = Archive.Read(kept.ToArray());
        // Made as the backup says, then given what is asked for: between the two it bears the marks of another.
        var made = await ChangeAsync(EngineChecks.Fault(size) ?? EngineMarks.Fault(marks), () =>
        {
            if (!projects.ContainsKey(id.Project)) { return id.Project == EngineName.Default ? EngineAnswer.Refused("not-ours") : EngineAnswer.NotFound("project"); }
            if (archive is null) { return EngineAnswer.Refused("failed"); }
            if (guests.ContainsKey(id)) { return new EngineAnswer(EngineOutcome.AlreadyExists, "exists"); }
            if (Room(id.Project, size) is { } none) { return none; }
            // It takes in none whose volumes are gone.
            foreach (var name in archive.Volumes.Select(v => EngineName.Parse(v)).Where(v => !this.volumes.ContainsKey((id.Project, v))))
            {
                if (!volumes.Contains(name)) { return EngineAnswer.Refused("failed"); }
                this.volumes[(id.Project, name)] = new EngineVolume(id.Project, name, 1, new Dictionary<string, string> { [EngineMarks.Placeholder] = id.Name.ToString() });
            }

            guests[id] = new Guest(archive.Size, archive.Marks) { CreatedAt = clock.GetUtcNow(), Network = networks.Keys.Select(n => (EngineName?)n).FirstOrDefault() };
            foreach (var (path, file) in archive.Files) { guests[id].Files[path] = file; }
            foreach (var name in archive.Volumes) { guests[id].Volumes.Add(EngineName.Parse(name)); }
            return EngineAnswer.Done;
        }, ct);
        if (made.IsDone) { made = await OnAsync(id, null, guest => { guest.Volumes.Clear(); return EngineAnswer.Done; }, ct); }
        if (made.IsDone)
        {
            made = await ChangeAsync(null, () =>
            {
                foreach (var key in this.volumes.Where(v => volumes.Contains(v.Key.Name) && v.Key.Project == id.Project && v.Value.Marks.GetValueOrDefault(EngineMarks.Placeholder) == id.Name.ToString()).Select(v => v.Key).ToList()) { this.volumes.Remove(key); }
                return EngineAnswer.Done;
            }, ct);
        }

        return made.IsDone ? await OnAsync(id, null, guest =>
        {
            (guest.Size, guest.Marks) = (size, marks);
            return EngineAnswer.Done;
        }, ct) : made;
    }

    internal override async Task<EngineAnswer> PutFileAsync(InstanceId id, string path, Stream content, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        await content.CopyToAsync(kept, ct);
        return await OnAsync(id, EngineChecks.FaultOfPath(path), guest =>
        {
            guest.Files[path] = kept.ToArray();
            return EngineAnswer.Done;
        }, ct);
    }

    /// <summary>What a shell does here: given the files inside and the words behind the script, it gives the exit code.</summary>
    internal Func<Dictionary<string, byte[]>, IReadOnlyList<string>, int>? Shell { get; set; }

    /// <summary>Knows <c>echo</c>, <c>cat</c> with a file of ours or its input, <c>false</c>, and <c>sh</c> where a test says what it does.</summary>
    internal override Task<EngineAnswer<ExecResult>> ExecAsync(InstanceId id, ExecOrder order, CancellationToken ct) => LookAsync(() =>
    {
        if ((EngineChecks.Fault(order) ?? Find(id, out _)) is { } fault) { return fault.As<ExecResult>(); }
        if (!guests[id].IsRunning) { return EngineAnswer.Refused("not-running").As<ExecResult>(); }
        var (code, said) = order.Command[0] switch
        {
            "echo" => (0, Encoding.UTF8.GetBytes(string.Join(' ', order.Command.Skip(1)) + "\n")),
            "cat" when order.Command.Count > 1 => guests[id].Files.TryGetValue(order.Command[1], out var file) ? (0, file) : (1, []),
            "cat" => (0, order.Input.ToArray()),
            "sh" when Shell is not null => (Shell(guests[id].Files, [.. order.Command.Skip(1)]), []),
            "false" => (1, []),
            _ => (127, Array.Empty<byte>()),
        };
        return new(said.Length > order.MostBytes ? new ExecResult(ExecEnd.SaidTooMuch, null, said[..order.MostBytes], []) : new ExecResult(ExecEnd.Exited, code, said, []));
    }, ct);

    internal override Task<EngineAnswer<EngineTerminal>> OpenTerminalAsync(InstanceId id, IReadOnlyList<string> command, int columns, int rows, CancellationToken ct) =>
        LookAsync(() => OpenTerminal(id, EngineChecks.FaultOfCommand(command) ?? EngineChecks.FaultOfWindow(columns, rows), columns, rows, isConsole: false), ct);

    internal override Task<EngineAnswer<EngineTerminal>> OpenConsoleAsync(InstanceId id, int columns, int rows, CancellationToken ct) =>
        LookAsync(() => OpenTerminal(id, EngineChecks.FaultOfWindow(columns, rows), columns, rows, isConsole: true), ct);

    /// <summary>Terminals and consoles that are open.</summary>
    internal int OpenTerminals => terminals.Count(t => !t.IsDisposed);

    private EngineAnswer<EngineTerminal> OpenTerminal(InstanceId id, EngineAnswer? fault, int columns, int rows, bool isConsole)
    {
        if ((fault ?? Find(id, out _)) is { } none) { return none.As<EngineTerminal>(); }
        if (!guests[id].IsRunning) { return EngineAnswer.Refused("not-running").As<EngineTerminal>(); }
        if (isConsole && terminals.Any(t => t is { IsConsole: true, IsDisposed: false } && t.Id == id)) { return new EngineAnswer(EngineOutcome.Busy, "in-use").As<EngineTerminal>(); }
        var terminal = new PretendTerminal(id, isConsole, columns, rows);
        terminals.Add(terminal);
        return new(terminal);
    }

    internal override Task<EngineAnswer<EngineInstance>> FindAsync(InstanceId id, CancellationToken ct) =>
        LookAsync(() => Find(id, out var guest) is { } none ? none.As<EngineInstance>() : new(guest!.Shown(id)), ct);

    internal override async Task<EngineAnswer> ReadInstancesAsync(InstanceFilter filter, Action<EngineInstance> each, CancellationToken ct)
    {
        if (EngineMarks.Fault(filter) is { } fault) { return fault; }
        var found = await LookAsync(() => new EngineAnswer<List<EngineInstance>>([.. guests
            .Where(g => g.Value.IsOurs && (filter.Project is null || g.Key.Project == filter.Project) && (filter.Mark is null || g.Value.Marks.GetValueOrDefault(filter.Mark) == filter.Value))
            .Select(g => g.Value.Shown(g.Key) is var shown && filter.WithState ? shown : g.Value.Shown(g.Key) with { State = null })]), ct);
        if (!found.IsDone) { return found; }
        found.Value.ForEach(each);
        return EngineAnswer.Done;
    }

    internal override Task<EngineAnswer<IReadOnlyList<InstanceUse>>> ReadMetricsAsync(string? member, CancellationToken ct) => LookAsync(() => new EngineAnswer<IReadOnlyList<InstanceUse>>(
        [.. guests.Where(g => g.Value.IsRunning).Select(g => new InstanceUse(g.Key, 1, 1 << 20, (long)g.Value.Size.MemoryMiB << 20, 0, 0, 0, 2))]), ct);

    /// <summary>An instance that no evacuation moves.</summary>
    internal InstanceId? Stuck { get; set; }

    internal override Task<EngineAnswer> EvacuateAsync(string member, CancellationToken ct) => ChangeAsync(EngineChecks.FaultOfMember(member), () =>
    {
        if (Members.Count < 2) { return EngineAnswer.Refused("not-supported"); }
        if (Members.All(m => m.Name != member)) { return EngineAnswer.NotFound("member"); }
        Members = [.. Members.Select(m => m.Name == member ? m with { Status = MemberStatus.Evacuated } : m)];
        var others = Members.Where(m => m.Status == MemberStatus.Online).ToList();
        if (others.Count == 0) { return new EngineAnswer(EngineOutcome.Full, "memory"); }
        foreach (var (n, guest) in guests.Where(g => g.Value.Member == member && g.Key != Stuck).Index()) { (guest.Value.Home, guest.Value.Member) = (member, others[n % others.Count].Name); }
        return EngineAnswer.Done;
    }, ct);

    internal override Task<EngineAnswer> RestoreMemberAsync(string member, CancellationToken ct) => ChangeAsync(EngineChecks.FaultOfMember(member), () =>
    {
        if (Members.Count < 2) { return EngineAnswer.Refused("not-supported"); }
        Members = [.. Members.Select(m => m.Name == member ? m with { Status = MemberStatus.Online } : m)];
        foreach (var guest in guests.Values.Where(g => g.Home == member)) { (guest.Home, guest.Member) = (null, member); }
        return EngineAnswer.Done;
    }, ct);

    internal override async IAsyncEnumerable<EngineEvent> ListenAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var mine = Channel.CreateUnbounded<EngineEvent>();
        lock (door) { listeners.Add(mine); }
        yield return new EngineEvent(EngineEvent.ReadAgain);
        await foreach (var told in mine.Reader.ReadAllAsync(ct)) { yield return told; }
    }

    private void Tell(string action, InstanceId id) => Tell(new EngineEvent(action, id, null, clock.GetUtcNow()));

    private void Tell(EngineEvent told)
    {
        lock (door) { listeners.ForEach(l => l.Writer.TryWrite(told)); }
    }

    private static EngineAnswer Removed(bool removed) => removed ? EngineAnswer.Done : EngineAnswer.NotFound("object");

    private EngineAnswer? Room(EngineName project, EngineSize size)
    {
        if (IsFull) { return new EngineAnswer(EngineOutcome.Full, "memory"); }
        if (!projects.TryGetValue(project, out var wall)) { return project == EngineName.Default ? null : EngineAnswer.NotFound("project"); }
        var used = guests.Where(g => g.Key.Project == project).Select(g => g.Value.Size).ToList();
        return used.Count + 1 > wall.Instances ? new EngineAnswer(EngineOutcome.LimitReached, "count")
            : used.Sum(u => u.Cpus) + size.Cpus > wall.Cpus || used.Sum(u => (long)u.MemoryMiB) + size.MemoryMiB > wall.MemoryMiB ? new EngineAnswer(EngineOutcome.LimitReached, "sum") : null;
    }

    /// <summary>Null when it is there and ours.</summary>
    private EngineAnswer? Find(InstanceId id, out Guest? guest) =>
        !guests.TryGetValue(id, out guest) ? EngineAnswer.NotFound("instance") : guest.IsOurs ? null : EngineAnswer.Refused("not-ours");

    private Task<EngineAnswer> OnAsync(InstanceId id, EngineAnswer? fault, Func<Guest, EngineAnswer> act, CancellationToken ct) => ChangeAsync(fault, () => Find(id, out var guest) ?? act(guest!), ct);

    private async Task<EngineAnswer> ChangeAsync(EngineAnswer? fault, Func<EngineAnswer> act, CancellationToken ct)
    {
        if (fault is not null) { return fault; }
        await Task.Delay(Slowness, clock, ct);
        Watch?.Invoke(false);
        lock (door)
        {
            Changes++;
            if (IsGone) { return new EngineAnswer(EngineOutcome.Unreachable, "no-connection"); }
            var answer = Lies ? EngineAnswer.Done : act();
            Watch?.Invoke(true);
            return LosesAnswers ? new EngineAnswer(EngineOutcome.Unknown, "line-lost") : answer;
        }
    }

    private async Task<EngineAnswer<T>> LookAsync<T>(Func<EngineAnswer<T>> look, CancellationToken ct) where T : notnull
    {
        await Task.Delay(Slowness, clock, ct);
        Watch?.Invoke(false);
        lock (door) { return IsGone ? new EngineAnswer(EngineOutcome.Unreachable, "no-connection").As<T>() : look(); }
    }

    /// <summary>What a backup holds.</summary>
    private sealed record Archive(EngineSize Size, IReadOnlyDictionary<string, string> Marks, Dictionary<string, byte[]> Files, IReadOnlyList<string> Volumes)
    {
        internal byte[] Write() => [.. "pretend backup\n"u8, .. System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(this)];

        internal static Archive? Read(byte[] bytes) => bytes.AsSpan().StartsWith("pretend backup\n"u8) ? System.Text.Json.JsonSerializer.Deserialize<Archive>(bytes.AsSpan(15)) : null;
    }

    /// <summary>What a backup of a volume holds.</summary>
    private sealed record VolumeArchive(int DiskGiB, IReadOnlyDictionary<string, string> Marks, string? Text)
    {
        internal byte[] Write() => [.. "pretend volume\n"u8, .. System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(this)];

        internal static VolumeArchive? Read(byte[] bytes) => bytes.AsSpan().StartsWith("pretend volume\n"u8) ? System.Text.Json.JsonSerializer.Deserialize<VolumeArchive>(bytes.AsSpan(15)) : null;
    }

    /// <summary>Gives all but the last byte, and breaks.</summary>
    private sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes[..^1])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("It fell silent");
    }

    private sealed class Guest(EngineSize size, IReadOnlyDictionary<string, string> marks)
    {
        internal EngineSize Size { get; set; } = size;

        internal IReadOnlyDictionary<string, string> Marks { get; set; } = marks;

        internal bool IsOurs { get; init; } = true;

        internal bool IsRunning { get; set; }

        /// <summary>Where it is, and where it came from when it was moved.</summary>
        internal string? Member { get; set; }

        internal string? Home { get; set; }

        internal EngineName? Network { get; init; }

        internal IPAddress? Address { get; set; }

        internal DateTimeOffset CreatedAt { get; init; }

        internal HashSet<EngineName> Volumes { get; } = [];

        internal Dictionary<string, byte[]> Files { get; } = [];

        internal Dictionary<EngineName, EngineSnapshot> Snapshots { get; } = [];

        internal Dictionary<EngineName, byte[]> Backups { get; } = [];

        internal EngineInstance Shown(InstanceId id) => new(id, IsRunning ? InstanceStatus.Running : InstanceStatus.Stopped, Size, Marks, Member, CreatedAt,
            new InstanceState(IsRunning ? 1_000_000_000 : 0, IsRunning ? 1 << 20 : 0, 1 << 20, null, IsRunning ? 2 : 0, 0, 0, IsRunning && Address is not null ? [Address] : []));
    }
}
