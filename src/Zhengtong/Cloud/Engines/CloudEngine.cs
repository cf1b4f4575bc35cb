namespace Zhengtong.Cloud.Engines;

/// <summary>What runs instances: LXD or Incus today. Each call says how it ended as an <see cref="EngineOutcome"/> and throws only when it was cancelled, or called against its rules in a way a test would find.
/// An engine keeps nothing of ours but names and marks; what is to be, and what of it was granted, is in our own records. So each call may be repeated: what is as asked for already is
/// <see cref="EngineOutcome.Done"/>. MUST NOT change, enter or remove anything that lacks the owner's mark (<see cref="EngineMarks.Owner"/>): that is <see cref="EngineOutcome.Refused"/> with the code
/// <c>not-ours</c>. Safe for many callers at once.</summary>
internal abstract class CloudEngine : IDisposable
{
    /// <summary>What the engine is, can do and has. Members that do not answer are named, without capacity.</summary>
    internal abstract Task<EngineAnswer<EngineDescription>> DescribeAsync(CancellationToken ct);

    /// <summary>What instances can be made from in a project.</summary>
    internal abstract Task<EngineAnswer<IReadOnlyList<EngineImage>>> ListImagesAsync(EngineName project, CancellationToken ct);

    /// <summary>Makes the project, or brings its limits to what is asked for. <see cref="EngineOutcome.LimitReached"/> when more is in use than a new limit allows.</summary>
    internal abstract Task<EngineAnswer> EnsureProjectAsync(EngineProject project, CancellationToken ct);

    /// <summary>Removes an empty project; <see cref="EngineOutcome.Busy"/> when it is not empty.</summary>
    internal abstract Task<EngineAnswer> RemoveProjectAsync(EngineName project, CancellationToken ct);

    /// <summary>Makes the rules, or replaces them whole.</summary>
    internal abstract Task<EngineAnswer> EnsureRulesAsync(EngineRules rules, CancellationToken ct);

    /// <summary>Removes rules that no network has any more; <see cref="EngineOutcome.Busy"/> while one has.</summary>
    internal abstract Task<EngineAnswer> RemoveRulesAsync(EngineName rules, CancellationToken ct);

    /// <summary>Makes the network, on every member, or brings its border to what is asked for. A range is never changed: <see cref="EngineOutcome.Refused"/>, <c>range</c>.</summary>
    internal abstract Task<EngineAnswer> EnsureNetworkAsync(EngineNetwork network, CancellationToken ct);

    /// <summary>Removes a network that no instance is in any more; <see cref="EngineOutcome.Busy"/> while one is.</summary>
    internal abstract Task<EngineAnswer> RemoveNetworkAsync(EngineName network, CancellationToken ct);

    /// <summary>Makes the volume, or lets it grow. Smaller is <see cref="EngineOutcome.Refused"/>, <c>disk-shrinks</c>.</summary>
    internal abstract Task<EngineAnswer> EnsureVolumeAsync(EngineVolume volume, CancellationToken ct);

    /// <summary>Puts a volume into an instance of its project.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="path">Where it is mounted: absolute, of letters, digits and <c>. _ -</c>, not the root.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<EngineAnswer> AttachVolumeAsync(InstanceId id, EngineName volume, string path, CancellationToken ct);

    /// <summary>Takes it out again; done when it was not in.</summary>
    internal abstract Task<EngineAnswer> DetachVolumeAsync(InstanceId id, EngineName volume, CancellationToken ct);

    /// <summary>Removes a volume with all that is on it; <see cref="EngineOutcome.Busy"/> while it is in an instance.</summary>
    internal abstract Task<EngineAnswer> RemoveVolumeAsync(EngineName project, EngineName volume, CancellationToken ct);

    /// <summary>One volume.</summary>
    internal abstract Task<EngineAnswer<EngineVolume>> FindVolumeAsync(EngineName project, EngineName volume, CancellationToken ct);

    /// <summary>Reads our volumes of all projects one by one. Only an answer that is done says that these were all.</summary>
    internal abstract Task<EngineAnswer> ReadVolumesAsync(Action<EngineVolume> each, CancellationToken ct);

    /// <summary>Makes a backup of a volume at the engine, to be fetched. The engine removes it by itself after a day.</summary>
    internal abstract Task<EngineAnswer> BackUpVolumeAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct);

    /// <summary>A volume's backup's bytes, as <see cref="ExportAsync"/> gives those of an instance.</summary>
    internal abstract Task<EngineAnswer<Stream>> ExportVolumeAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct);

    /// <summary>Removes a volume's backup.</summary>
    internal abstract Task<EngineAnswer> DeleteVolumeBackupAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct);

    /// <summary>Makes a volume from a backup's bytes, read to their end. Project, name, size and marks are those given here, whatever the backup says. An answer that is not done may leave it with the marks that the backup has.</summary>
    /// <param name="volume">The new volume.</param>
    /// <param name="backup">Its bytes; stays the caller's.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<EngineAnswer> ImportVolumeAsync(EngineVolume volume, Stream backup, CancellationToken ct);

    /// <summary>Makes an instance; it is stopped. <see cref="EngineOutcome.NotFound"/> with the code <c>image</c>, <c>project</c>, <c>network</c>, <c>member</c> when it names what is not there.</summary>
    internal abstract Task<EngineAnswer> CreateAsync(InstanceOrder order, CancellationToken ct);

    /// <summary>Starts it.</summary>
    internal abstract Task<EngineAnswer> StartAsync(InstanceId id, CancellationToken ct);

    /// <summary>Stops it: asks the system inside, or, forced, ends it. <see cref="EngineOutcome.Busy"/>, <c>still-running</c>, when the system inside does not end in time: then force it.</summary>
    internal abstract Task<EngineAnswer> StopAsync(InstanceId id, bool force, CancellationToken ct);

    /// <summary>Stops and starts it.</summary>
    internal abstract Task<EngineAnswer> RestartAsync(InstanceId id, bool force, CancellationToken ct);

    /// <summary>Changes the limits, in force at once when it runs. A smaller disk is <see cref="EngineOutcome.Refused"/>, <c>disk-shrinks</c>.</summary>
    internal abstract Task<EngineAnswer> ResizeAsync(InstanceId id, EngineSize size, CancellationToken ct);

    /// <summary>Removes a stopped instance with its snapshots and backups; <see cref="EngineOutcome.Busy"/>, <c>running</c>, while it runs.</summary>
    internal abstract Task<EngineAnswer> DeleteAsync(InstanceId id, CancellationToken ct);

    /// <summary>Keeps the state of the disk and the limits as they are now.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="snapshot">A new name.</param>
    /// <param name="expiresAt">When the engine may remove it; null for never.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<EngineAnswer> SnapshotAsync(InstanceId id, EngineName snapshot, DateTimeOffset? expiresAt, CancellationToken ct);

    /// <summary>The snapshots of an instance, the oldest first.</summary>
    internal abstract Task<EngineAnswer<IReadOnlyList<EngineSnapshot>>> ListSnapshotsAsync(InstanceId id, CancellationToken ct);

    /// <summary>Sets an instance back. Its limits go back too: the answer is the instance with the limits now in force, for whoever keeps the account to compare and correct. Our marks stay as they are.</summary>
    internal abstract Task<EngineAnswer<EngineInstance>> RestoreAsync(InstanceId id, EngineName snapshot, CancellationToken ct);

    /// <summary>Removes a snapshot.</summary>
    internal abstract Task<EngineAnswer> DeleteSnapshotAsync(InstanceId id, EngineName snapshot, CancellationToken ct);

    /// <summary>Makes a backup at the engine, to be fetched. The engine removes it by itself after a day.</summary>
    internal abstract Task<EngineAnswer> BackUpAsync(InstanceId id, EngineName backup, CancellationToken ct);

    /// <summary>A backup's bytes, of any size; the caller disposes of the stream. A line that breaks off or falls silent is an <see cref="IOException"/> of the stream.</summary>
    internal abstract Task<EngineAnswer<Stream>> ExportAsync(InstanceId id, EngineName backup, CancellationToken ct);

    /// <summary>Removes a backup.</summary>
    internal abstract Task<EngineAnswer> DeleteBackupAsync(InstanceId id, EngineName backup, CancellationToken ct);

    /// <summary>Makes a stopped instance from a backup's bytes, read to their end. Size, marks and name are those given here, whatever the backup says; its network card is another one. Only into a project that
    /// <see cref="EnsureProjectAsync"/> made: a backup may say that it wants the host's own devices, and such a project refuses that. It has no volumes. An answer that is not done may leave it with the marks that the backup has, and,
    /// while it bears them, with the volumes that the backup names.</summary>
    /// <param name="id">The new instance.</param>
    /// <param name="backup">Its bytes; stays the caller's.</param>
    /// <param name="size">Its size.</param>
    /// <param name="marks">Our ids.</param>
    /// <param name="member">Where; null where the engine likes.</param>
    /// <param name="volumes">Volumes that were in what the backup was taken from. An engine takes in no instance whose volumes are gone: in the place of one that is, it may make an empty one while it works, which bears
    /// the mark <see cref="EngineMarks.Placeholder"/>; an attempt that broke off may leave it.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<EngineAnswer> ImportAsync(
        InstanceId id, Stream backup, EngineSize size, IReadOnlyDictionary<string, string> marks, string? member, IReadOnlyCollection<EngineName> volumes, CancellationToken ct);

    /// <summary>Writes a file inside an instance, whether it runs or not; it is root's alone. One that is there is replaced; its folder must be there. An answer that is not done may leave half of it.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="path">Absolute, of letters, digits and <c>. _ -</c>.</param>
    /// <param name="content">Its bytes, read to their end; stays the caller's.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<EngineAnswer> PutFileAsync(InstanceId id, string path, Stream content, CancellationToken ct);

    /// <summary>Runs a program to its end.</summary>
    internal abstract Task<EngineAnswer<ExecResult>> ExecAsync(InstanceId id, ExecOrder order, CancellationToken ct);

    /// <summary>Opens a terminal in which a program runs.</summary>
    internal abstract Task<EngineAnswer<EngineTerminal>> OpenTerminalAsync(InstanceId id, IReadOnlyList<string> command, int columns, int rows, CancellationToken ct);

    /// <summary>Opens the console; <see cref="EngineOutcome.Busy"/> while another has it.</summary>
    internal abstract Task<EngineAnswer<EngineTerminal>> OpenConsoleAsync(InstanceId id, int columns, int rows, CancellationToken ct);

    /// <summary>One instance with what it uses.</summary>
    internal abstract Task<EngineAnswer<EngineInstance>> FindAsync(InstanceId id, CancellationToken ct);

    /// <summary>Reads our instances one by one, in constant memory. Only an answer that is done says that these were all.</summary>
    internal abstract Task<EngineAnswer> ReadInstancesAsync(InstanceFilter filter, Action<EngineInstance> each, CancellationToken ct);

    /// <summary>What the running instances of a member have used. Not only ours: the caller knows which are.</summary>
    /// <param name="member">The member; null for the one that is asked.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract Task<EngineAnswer<IReadOnlyList<InstanceUse>>> ReadMetricsAsync(string? member, CancellationToken ct);

    /// <summary>Moves all instances off a member. While it lasts they count on both ends.</summary>
    internal abstract Task<EngineAnswer> EvacuateAsync(string member, CancellationToken ct);

    /// <summary>Takes the member into use again, and its instances back.</summary>
    internal abstract Task<EngineAnswer> RestoreMemberAsync(string member, CancellationToken ct);

    /// <summary>What happens, from now until cancelled. It connects again by itself for ever; each time <see cref="EngineEvent.ReadAgain"/> comes first. Whoever reads slowly is cut off by the engine, and so
    /// reads again.</summary>
    internal abstract IAsyncEnumerable<EngineEvent> ListenAsync(CancellationToken ct);

    public abstract void Dispose();
}
