import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Asks veraPDF whether files are PDF/A-2u; says what is wrong, and ends with 1 if anything is. */
public class CheckPdfA {
    public static void main(String[] paths) throws Exception {
        boolean isValid = true;
        VeraGreenfieldFoundryProvider.initialise();
        for (String path : paths) {
            PDFAFlavour flavour = PDFAFlavour.fromString("2u");
            try (FileInputStream file = new FileInputStream(path);
                    PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour)) {
                ValidationResult result =
                        Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
                isValid &= result.isCompliant();
                for (TestAssertion fault : result.getTestAssertions())
                    System.out.println(path + ": " + fault.getRuleId().getClause() + " " + fault.getMessage());
            }
        }
        System.exit(isValid ? 0 : 1);
    }
}
