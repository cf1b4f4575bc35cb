using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Tests.Kernel.Secrets;

public sealed class SuiteTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-suite-").FullName;

    public static TheoryData<SuiteName> Suites => [.. Enum.GetValues<SuiteName>()];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Find_OnlyTheWordsOfTheSuites()
    {
        foreach (var name in Enum.GetValues<SuiteName>()) { Suite.Find(Suite.Of(name).Word)!.Name.ShouldBe(name); }
        foreach (var word in new[] { "", "National", "sm2", "international ", "0", "international,national" }) { Suite.Find(word).ShouldBeNull(word); }
        Should.Throw<CryptographicException>(() => Suite.Parse("none"));
        Should.Throw<ArgumentOutOfRangeException>(() => Suite.Of((SuiteName)2));
    }

    /// <summary>"abc" in FIPS 180-4 and in GB/T 32905.</summary>
    [Theory]
    [InlineData(SuiteName.International, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(SuiteName.National, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    public void Digest_OfTheStandardsExample_IsTheStandards(SuiteName name, string digest)
    {
        Suite.Of(name).DigestOf("abc").ShouldBe(digest);
        Suite.Of(name).KeyIdOf("abc"u8).ShouldBe(digest[..16]);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Verify_AnyMessage_HoldsForItsSignatureAloneAndNeverThrows(SuiteName name)
    {
        var suite = Suite.Of(name);
        var (publicKey, privateKey) = suite.MakePair();
        using var signer = suite.OpenSealing(privateKey);
        Gen.Select(Gen.Byte.Array[1, 300], Gen.Int[0, int.MaxValue], Gen.Int[0, 7]).Sample((message, at, bit) =>
        {
            var signature = signer.Sign(message);
            return suite.Verify(publicKey, message, signature) && !suite.Verify(publicKey, Changed(message, at, bit), signature)
                && !suite.Verify(publicKey, message, Changed(signature, at, bit)) && !suite.Verify(Changed(publicKey, at, bit), message, signature)
                && !suite.Verify(publicKey, message, signature[..^1]) && !suite.Verify(publicKey, message, [.. signature, 0]) && !suite.Verify([.. publicKey, 0], message, signature);
        }, iter: 150, threads: 1);
        Gen.Select(Gen.Byte.Array[0, 120], Gen.Byte.Array[0, 80]).Sample((key, signature) => !suite.Verify(key, [1], signature) && !suite.Verify(publicKey, [1], signature), iter: 300);
    }

    [Fact]
    public void Verify_AKeyOfTheOtherSuiteOrAnotherCurve_IsRefused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var (suite, foreign) in new[] { (Suite.International, Suite.National), (Suite.National, Suite.International) })
        {
            var (publicKey, privateKey) = foreign.MakePair();
            using var signer = foreign.OpenSealing(privateKey);
            suite.Verify(publicKey, [1, 2, 3], signer.Sign([1, 2, 3])).ShouldBeFalse();
            Should.Throw<CryptographicException>(() => suite.MakeSecret(publicKey));
            Should.Throw<CryptographicException>(() => suite.MakeSecret(other.ExportSubjectPublicKeyInfo()));
        }

        Suite.International.Verify(other.ExportSubjectPublicKeyInfo(), [1], other.SignData([1], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Decrypt_AnyPlaintext_ComesBackAndEveryChangeIsRefused(SuiteName name)
    {
        var suite = Suite.Of(name);
        var (publicKey, privateKey) = suite.MakePair();
        using var receiver = suite.OpenReceiving(privateKey);
        Gen.Select(Gen.Byte.Array[1, 700], Gen.Byte.Array[1, 100], Gen.Int[0, int.MaxValue], Gen.Int[0, 7]).Sample((plain, associated, at, bit) =>
        {
            var (exchange, secret) = suite.MakeSecret(publicKey);
            var cipher = new byte[plain.Length + Suite.TagSize];
            suite.Encrypt(secret, [1], associated, plain, cipher);
            receiver.FindSecret(exchange).ShouldBe(secret);
            Opened([1], associated, cipher).ShouldBe(plain);
            Opened([1], associated, Changed(cipher, at, bit)).ShouldBeNull();
            Opened([1], Changed(associated, at, bit), cipher).ShouldBeNull();
            Opened([2], associated, cipher).ShouldBeNull();
            Opened([1], associated, cipher[..^1]).ShouldBeNull();
            // Altered on its way, an exchange is refused or leads to another secret.
            try { receiver.FindSecret(Changed(exchange, at, bit)).ShouldNotBe(secret); }
            catch (CryptographicException) { }

            byte[]? Opened(byte[] info, byte[] bound, byte[] bytes)
            {
                var opened = new byte[Math.Max(0, bytes.Length - Suite.TagSize)];
                try
                {
                    suite.Decrypt(secret, info, bound, bytes, opened);
                    return opened;
                }
                catch (CryptographicException)
                {
                    opened.ShouldAllBe(b => b == 0);
                    return null;
                }
            }
        }, iter: 100, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void FindSecret_GarbageOrMadeForAnother_IsRefused(SuiteName name)
    {
        var suite = Suite.Of(name);
        using var receiver = suite.OpenReceiving(suite.MakePair().PrivateKey);
        var (exchange, secret) = suite.MakeSecret(suite.MakePair().PublicKey);
        try { receiver.FindSecret(exchange).ShouldNotBe(secret); }
        catch (CryptographicException) { }

        Gen.Byte.Array[0, 200].Sample(garbage =>
        {
            try { receiver.FindSecret(garbage); return false; }
            catch (CryptographicException) { return true; }
        }, iter: 300);
    }

    [Theory]
    [InlineData(SuiteName.International, "EC", "prime256v1", "-sha256", "")]
    [InlineData(SuiteName.National, "SM2", "SM2", "-sm3", "-sigopt distid:1234567812345678")]
    public async Task Openssl_SignsAndVerifies_AsTheSuiteDoes(SuiteName name, string algorithm, string curve, string digest, string option)
    {
        var suite = Suite.Of(name);
        var message = Encoding.UTF8.GetBytes("政务信息资源共享协议\n");
        await File.WriteAllBytesAsync(Path.Combine(folder, "message"), message);

        // It signs, we verify.
        var make = algorithm == "EC" ? $"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve}" : $"genpkey -algorithm {algorithm}";
        await ShellAsync($"openssl {make} -out key.pem && openssl pkey -in key.pem -pubout -outform DER -out public.der && openssl dgst {digest} -sign key.pem {option} -out signature.der message");
        var (publicKey, signature) = (await File.ReadAllBytesAsync(Path.Combine(folder, "public.der")), await File.ReadAllBytesAsync(Path.Combine(folder, "signature.der")));
        suite.Verify(publicKey, message, signature).ShouldBeTrue();
        suite.Verify(publicKey, Changed(message, 3, 0), signature).ShouldBeFalse();

        // With a private key it made, too.
        await ShellAsync("openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out private.der");
        using (var theirs = suite.OpenSealing(await File.ReadAllBytesAsync(Path.Combine(folder, "private.der")))) { suite.Verify(publicKey, message, theirs.Sign(message)).ShouldBeTrue(); }

        // We sign, it verifies; a changed byte it refuses.
        var (ownPublic, ownPrivate) = suite.MakePair();
        using var signer = suite.OpenSealing(ownPrivate);
        await File.WriteAllBytesAsync(Path.Combine(folder, "own.der"), ownPublic);
        await File.WriteAllBytesAsync(Path.Combine(folder, "signature.der"), signer.Sign(message));
        var verify = $"openssl pkey -pubin -inform DER -in own.der -out own.pem && openssl dgst {digest} -verify own.pem {option} -signature signature.der message";
        (await ShellAsync(verify)).ShouldContain("Verified OK");
        await File.WriteAllBytesAsync(Path.Combine(folder, "message"), Changed(message, 3, 0));
        (await ShellAsync(verify, fails: true)).ShouldContain("Verification failure", Case.Insensitive);
    }

    [Fact]
    public async Task Openssl_WithTheReceivingKey_FindsTheNationalSecret()
    {
        var (publicKey, privateKey) = Suite.National.MakePair();
        var (exchange, secret) = Suite.National.MakeSecret(publicKey);
        await File.WriteAllBytesAsync(Path.Combine(folder, "private.der"), privateKey);
        await File.WriteAllBytesAsync(Path.Combine(folder, "exchange.der"), exchange);
        await ShellAsync("openssl pkey -inform DER -in private.der -out private.pem && openssl pkeyutl -decrypt -inkey private.pem -in exchange.der -out secret");
        (await File.ReadAllBytesAsync(Path.Combine(folder, "secret"))).ShouldBe(secret);
    }

    private static byte[] Changed(byte[] bytes, int at, int bit)
    {
        var changed = bytes.ToArray();
        changed[at % bytes.Length] ^= (byte)(1 << bit);
        return changed;
    }

    private async Task<string> ShellAsync(string commands, bool fails = false)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", commands]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync() + await errors;
        await shell.WaitForExitAsync();
        (shell.ExitCode != 0).ShouldBe(fails, output);
        return output;
    }
}
