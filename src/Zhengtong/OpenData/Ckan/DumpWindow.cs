namespace Zhengtong.OpenData.Ckan;

/// <summary>Lets through one range of what is written and counts all of it. A dump is the same bytes each time it is made, so that a part of it is the whole with the rest left out.</summary>
/// <param name="to">Where the range goes.</param>
/// <param name="from">First byte that is let through, from 0.</param>
/// <param name="length">How many are; whatever is written behind them is dropped.</param>
/// <param name="ended">Called once when nothing more is needed.</param>
internal sealed class DumpWindow(Stream to, long from, long length, Action ended) : Stream
{
    private bool isEnded;

    /// <summary>Bytes written so far.</summary>
    internal long Written { get; private set; }

    /// <summary>True when the range was let through whole.</summary>
    internal bool IsEnded => isEnded;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => Written; set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var (start, end) = (Math.Max(0, from - Written), Math.Min(buffer.Length, from + length - Written));
        Written += buffer.Length;
        if (start < end) { await to.WriteAsync(buffer[(int)start..(int)end], cancellationToken); }
        if (isEnded || Written < from + length) { return; }
        isEnded = true;
        ended();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => isEnded ? Task.CompletedTask : to.FlushAsync(cancellationToken);

    public override void Flush() { }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
