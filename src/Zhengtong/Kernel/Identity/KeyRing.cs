using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Identity;

/// <summary>Seals the keys that protect cookies and one-time links; they lie as files below the data directory, which the processes of one platform share.</summary>
internal sealed class KeyRingSeal(Vault vault) : IXmlEncryptor
{
    internal const string Purpose = "key-ring";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        using var plain = new MemoryStream();
        plaintextElement.Save(plain, SaveOptions.DisableFormatting);
        return new EncryptedXmlInfo(new XElement("sealed", Convert.ToBase64String(vault.Seal(plain.ToArray(), Purpose))), typeof(KeyRingOpener));
    }
}

/// <summary>Opens what <see cref="KeyRingSeal"/> sealed; the key ring makes it by the name of its type.</summary>
internal sealed class KeyRingOpener(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        using var plain = new MemoryStream(services.GetRequiredService<Vault>().Open(Convert.FromBase64String(encryptedElement.Value), KeyRingSeal.Purpose));
        return XElement.Load(plain);
    }
}
