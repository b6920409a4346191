"""Given names that are common in many countries: what tells a name where it is typed without capitals."""

# Words of the language as well: names only where their place says so.
AMBIGUOUS = frozenset(
    """
    april art bill buck chance chase chip christian cliff crystal daisy dale dawn dean destiny drew earl eve faith frank gene glen grace grant guy harmony heath hope hunter iris ivy
    jack jasmine jay joy june karma lance lily mark mason matt max may melody mercedes miles misty nick norm olive pat patience paris pearl penny precious rain ray rich rob robin rod rose
    ruby sandy sky skip sterling stone sue summer terry trinity van victor violet virginia wade ward will
    """.split()
)
GIVEN = AMBIGUOUS | frozenset(
    """
    james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica thomas sarah charles karen christopher lisa daniel nancy matthew betty
    anthony margaret sandra ashley donald kimberly steven emily paul donna andrew michelle joshua carol kenneth amanda kevin dorothy brian melissa george deborah timothy stephanie ronald
    rebecca edward sharon jason laura jeffrey cynthia ryan kathleen jacob amy gary angela nicholas shirley eric anna jonathan brenda stephen pamela larry emma justin nicole scott helen brandon
    samantha benjamin katherine samuel christine gregory debra alexander rachel patrick carolyn janet catherine raymond maria dennis heather jerry diane tyler ruth aaron julie jose olivia
    adam joyce nathan henry victoria zachary kelly douglas lauren peter christina kyle joan noah evelyn ethan judith jeremy walter andrea christian keith hannah roger megan
    cheryl austin jacqueline sean martha gerald madison carl teresa harold gloria dylan sara arthur janice lawrence ann jordan kathryn jesse abigail bryan sophia billy bruce jean
    gabriel judy joe logan natalie alan juan marie wayne charlotte roy amber diana ralph brittany randy danielle eugene vincent elijah louis bobby isabella alexis johnny tiffany
    tom tim jim tony dan ben sam steve mike dave chris greg jeff ken ron don bob ted fred ned josh zach nate andy danny jimmy tommy kenny ricky larry barry harry phil stan stu ian neil
    liam mia ava amelia harper ella avery scarlett aria chloe layla zoe zoey nora luna hazel ellie lucy lucas mason oliver aiden caleb connor owen wyatt carter jayden levi isaac julian
    gareth niamh callum imogen alistair alasdair siobhan hamish bronwyn declan fiona rhys poppy lachlan matilda tyrone keisha darnell latoya nigel graham trevor colin clive derek gavin
    stuart gordon malcolm duncan angus ewan euan craig fergus kirsty morag isla eilidh catriona aoife ciara sinead orla saoirse roisin eoin padraig cormac oisin seamus brendan maeve
    gwen gwyneth megan dylan emrys owain carys angharad cerys geraint alun bethan nia sian lowri
    geraldine geoffrey gillian hilary hugh jill joanna joanne lesley lorraine lynn lynne marjorie maureen muriel nicola pauline philip philippa rosemary rupert sheila simon sylvia tracy tracey
    wendy yvonne zara abby adele agnes albert alec alfred alice alison allan allison alyssa ana angelica anita annabel anne annette annie antonio archie arnold audrey barney beatrice becky
    bella bernard bernice bertha beth bethany beverly blake bonnie brad bradley brandy brett bridget brooke bryce caitlin calvin cameron camille candice carla carlos carmen caroline carrie
    casey cassandra cecilia cedric celeste chad chelsea chester clara clarence claudia clayton clifford clinton cody colleen connie constance corey cory courtney curtis daphne darlene darrell
    darren daryl debbie delia denise derrick desmond devin devon dexter diego dominic doreen doris dustin dwayne dwight edgar edith edmund edna edwin eileen elaine eleanor elena eli elijah
    ellen elliot elliott ellis elmer elsie emmanuel enrique erica erik erika erin ernest esther ethel eva evan fabian felicia felicity felix fernando florence floyd frances francesca
    francis francisco franklin freddie frederick gail garrett gemma genevieve georgia georgina gertrude gilbert gina ginger gladys glenda glenn greta guillermo gwendolyn harriet harrison
    harvey hector herbert herman holly horace howard hugo ida ignacio ingrid irene irma irving isabel isabelle ivan jackie jackson jaime jake jamie jan jana jane janelle janine jared
    jasper javier jeanette jeanne jenna jenny jerome jill joel joanne jodi jody johanna jon jorge josephine joy juanita judy julia juliana julie julio karl karla kate katie kathy katrina kay
    kayla keira kelsey kendra kent kerry kim kirk krista kristen kristin kristina kurt lana lawrence leah leanne lee leigh lena leo leon leona leonard leroy leslie lester lewis lillian
    lindsay lindsey lloyd lois lola lonnie loretta lori lorenzo louise lucia lucille luis luke luther lydia lyle mabel mackenzie maggie mandy manuel marc marcia marco marcus marcy
    margarita margot marguerite marian marianne marilyn mario marion marjorie marlene marshall martin marvin mathew maurice mavis maxine meghan melanie melinda melvin meredith merle micah
    miguel mildred milton mindy minnie miranda mitchell moira molly monica morgan morris moses myra myrtle nadia nadine naomi natalia natasha nathaniel neal nellie nelson nina noel
    noreen norma norman olga oscar otis otto pablo paige pamela patsy patty paula pedro peggy percy perry phillip phoebe phyllis preston priscilla rachael rafael ralph ramon ramona randall
    raquel raul rebekah reginald rena renee reuben rex rhoda rhonda ricardo rita roberta roberto rocco rodney roland roman rosa rosalie rosanne rosario roxanne ruben rudolph rudy rufus russell
    sabrina sadie sally salvador sasha saul sebastian selena serena sergio seth shane shannon shaun shawn sheldon sherri sherry sidney silvia sonia sonya spencer stacey stacy
    stella sterling stewart susanna susanne suzanne sydney sylvester tabitha tamara tammy tanya tara tasha taylor tess theodore theresa thelma tina todd toni tonya travis tricia trisha troy
    ulysses ursula valerie vanessa vera verna vernon veronica vicki vicky vincent viola virgil vivian wallace wanda warren wendell wesley whitney wilbur wilma winifred winston xavier yolanda
    yvette zelda guadalupe alejandro alejandra beatriz consuelo cristina dolores esperanza eduardo emilio esteban felipe gerardo gonzalo graciela ines jesus joaquin lourdes luz
    marisol mateo mercedes pilar rocio rodrigo santiago teresa ximena hernan ernesto alfonso alvaro
    hans klaus monika jürgen juergen petra stefan sabine andreas claudia wolfgang renate uwe birgit matthias anke thorsten torsten heike jens katrin lukas felix hannah maximilian johanna
    moritz franziska sören soeren jörg joerg günther guenther günter käthe kaethe bastian dieter holger silke florian ulrike tobias annika martina sven gabriele rainer elke bernd anja emil
    frieda konrad mathilda oskar leni volker gisela henrik swantje heinrich helmut horst ernst fritz gerhard gerd manfred werner jochen kai lars leonie lotte marlies mareike maren nils
    ralf reinhard rolf rüdiger sebastian sigrid steffen susanne tanja ute vera wiebke wilhelm jutta inge hildegard edeltraud brigitte bärbel antje angelika heidi hannelore ingeborg kerstin
    pierre nathalie isabelle andré sylvie philippe alain martine nicolas christophe valérie valerie sandrine laurent céline celine frédéric frederic véronique stéphane stephane aurélie pascal
    émilie emilie julien thibault thibaut chloé mathieu manon guillaume léa lea antoine inès rémi remi zoé benoît benoit margaux jérôme hélène helene françois francois élodie elodie olivier
    delphine cédric damien agnès yannick solène baptiste clémence gaspard loïc loic mélanie noémie michel thierry bruno gilles hervé jacques luc lucie maxime mireille odile pauline
    quentin romain sébastien serge simone solange xavier yves yvonne étienne anaïs amélie mathilde maëlle océane
    rahul priya amit neha rajesh sunita vikram anjali sanjay pooja arjun kavita suresh deepa anil meena rohit shreya manoj lakshmi karthik divya prakash swati ramesh nisha vijay geeta gita ashok
    radha nikhil ananya harish padma gaurav ritu siddharth aishwarya venkatesh usha imran ayesha gurpreet harpreet abhishek sneha mahesh jyoti dinesh kiran pankaj shweta tarun pallavi naveen
    rekha aditya tanvi yash ishita sandeep sunil vinod ravi rakesh deepak mukesh rajiv rajeev kunal varun vivek anand ajay arun ashish akash asha shanti savita seema shalini shilpa sonal
    preeti poonam madhu mohan gopal ganesh hari krishna lalit mohit nitin parth pradeep rohan sachin sameer shubham tejas uday vishal anita bhavna chitra indira kamala leela malini manisha
    maya meera mira nandini parvati rani rashmi rupa sangeeta sarita smita sudha vandana vidya ramkumar manpreet jaspreet simran amrit baljit kuldeep paramjit
    wei mei hiroshi yuki minh linh ming jing xiao hui ying li lin chen haruto sakura kenji takeshi akira naoko keiko yumi satoshi kazuo haruki aiko emi mariko nguyen thanh huong trang tuan
    hyun jin-ho minjun soo-jin jiwoo seojun hana sora
    omar fatima dmitri svetlana kwame ngozi mohammed muhammad mohamed mohammad ahmed ahmad ali hassan hussein ibrahim yusuf youssef khalid abdul abdullah aisha zainab khadija amina layla
    leila noor nour samira yasmin rashid tariq bilal hamza karim mustafa mehmet emre murat ayse zeynep elif fatma hakan cem
    ivan sergei andrei alexei nikolai vladimir boris igor oleg pavel mikhail yuri natalia tatiana olga irina ekaterina yelena galina ludmila anastasia oksana
    piotr pawel paweł krzysztof tomasz marcin michał michal jakub mateusz wojciech agnieszka katarzyna małgorzata malgorzata magdalena zofia jadwiga ewa
    giovanni giuseppe luigi paolo francesco alessandro matteo luca chiara giulia federica valentina elisa ginevra davide simona silvana
    joão joao luiz paulo rafaela thiago gustavo leticia fernanda juliana mariana adriana
    jan pieter willem sander bram daan joost maarten anneke marijke saskia femke lotte sanne
    lars erik anders bjorn björn mikael johan nils astrid freja signe kirsten mette soren søren magnus gunnar sigurd ingrid solveig annika linnea elin
    marta sofie sofia sofía lina mina dora edda ilse lara lia leila livia luisa mira nele paulina pia romy ronja tilda toni anton arne bert björn carsten edgar falk gregor gustav jonas
    julius karsten karl-heinz kurt leif malte marek marvin niklas ole philipp robin roland sascha simon thea theo till timo tom udo ulf ulrich valentin viktor volkmar zeno
    ewan rory fraser struan shona mairi ailsa eve ffion owen deirdre fergal conor ronan niall grainne dermot eamon maura nuala
    paola carlotta bianca lorenzo enzo ettore silvio stefano stefania roberta raffaele salvatore vincenzo gennaro tommaso pietro antonella elisabetta
    inês ines tiago duarte afonso catarina pedro vasco nuno rui filipa carlota isaura
    destinee tamika shanice deshawn jamal malik tyrell ebony jermaine lamar marquis shaniqua
    rosalind clementine cordelia beatrix ottilie tabatha jemima arabella rupert barnaby crispin piers tarquin hugh hugo jolyon
    chidi emeka olumide tunde femi ifeoma chioma adaeze amara kofi akua ama abena yaw kwabena thabo sipho nomsa themba
    xiomara tiberiu ferenc istván laszlo lászló zoltan zoltán katalin ilona andrás bogdan mihai ioana elena
    """.split()
)
