namespace Zhengtong.OpenData.Descriptions;

/// <summary>A body that may only be written asynchronously, for a writer that writes its small parts otherwise: they are gathered and go out before the next large one. Write-only.</summary>
/// <param name="body">The body; stays open.</param>
internal sealed class GatheringStream(Stream body) : Stream
{
    /// <summary>Most bytes that are gathered; a writer that writes its contents so would need memory for them.</summary>
    private const int Most = 1 << 20;

    private readonly MemoryStream gathered = new();
    private long sent;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => sent + gathered.Length; set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (gathered.Length + buffer.Length > Most) { throw new InvalidOperationException("Contents are written synchronously"); }
        gathered.Write(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await SendAsync(cancellationToken);
        await body.WriteAsync(buffer, cancellationToken);
        sent += buffer.Length;
    }

    /// <summary>What was gathered goes out with the next asynchronous write.</summary>
    public override void Flush()
    {
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken);
        await body.FlushAsync(cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        gathered.Dispose();
        base.Dispose(disposing);
    }

    private async Task SendAsync(CancellationToken ct)
    {
        if (gathered.Length == 0) { return; }
        await body.WriteAsync(gathered.GetBuffer().AsMemory(0, (int)gathered.Length), ct);
        sent += gathered.Length;
        gathered.SetLength(0);
    }
}
