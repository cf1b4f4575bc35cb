namespace Zhengtong.Tests.Kernel.Objects;

/// <summary>So many zero bytes, without holding them; tells once when nine tenths are read.</summary>
internal sealed class ZeroStream(long length, Action? nearTheEnd = null) : Stream
{
    private Action? nearTheEnd = nearTheEnd;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = (int)Math.Min(count, length - Position);
        Array.Clear(buffer, offset, read);
        Position += read;
        if (Position > length / 10 * 9)
        {
            nearTheEnd?.Invoke();
            nearTheEnd = null;
        }

        return read;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
